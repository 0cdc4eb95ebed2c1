import { checkOption, type Tensor } from '@wengert/core'
import { labelCosines, type MarginHeadOptions, marginCrossEntropy } from './labelCosines.ts'
import { unitRows } from './unitRows.ts'

export interface NormalizedSoftmaxOptions extends Pick<MarginHeadOptions, 'ignoreIndex'> {
  /** What cosines are divided by, greater than 0: the inverse of NormFace's scale. @default 0.05 */
  readonly temperature?: number
  /** Compare embeddings by their angle alone, too, and not only prototypes. @default true */
  readonly normalizeFeatures?: boolean
}

/**
 * Cross-entropy of cosines over a temperature. Use it to learn embeddings that are compared by their angle, where a margin is not
 * needed or hard to train; and for classifiers to which classes are added later, see addNovelClass.
 *
 *     L = −log softmax(c / temperature)_y,   cⱼ = cosine of the embedding and prototype j, or x · wⱼ / ‖wⱼ‖
 *
 * It is cosFaceLoss without a margin, and over a batch with all classes alike often its mean is at least
 * log(1 + (K − 1) e^(−K / ((K − 1) temperature))): a high temperature keeps it from ever becoming small. Class labels outside [0, K)
 * throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: embeddings [...B, D], labels i32 [...B], prototypes [K, D] → [...B].
 * Gradient: (p − [j = y]) / temperature with respect to the cosines, p the softmax; across prototypes, none along them, and likewise
 * for embeddings if they are normalised.
 * Source: Wang et al., NormFace, arXiv 1704.06369 (2017); Zhai, Wu, arXiv 1811.12649 (2019), whose layer norm before the head and
 * class-balanced sampling are no part of the loss.
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * normalizedSoftmaxLoss(tensor([3, 4]), tensor(1, { dtype: 'i32' }), prototypes, { temperature: 0.1 }).item() // 0.126928
 */
export function normalizedSoftmaxLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  { temperature = 0.05, normalizeFeatures = true, ...options }: NormalizedSoftmaxOptions = {},
): Tensor {
  const fn = 'normalizedSoftmaxLoss'
  checkOption(
    fn,
    'temperature',
    temperature,
    temperature > 0 && Number.isFinite(temperature),
    'a finite number greater than 0',
  )
  const direction = normalizeFeatures ? unitRows : (x: Tensor) => x
  const ready = labelCosines(fn, embeddings, labels, prototypes, { ...options, scale: 1 / temperature }, direction)
  return ready.mark(marginCrossEntropy(ready, ready.own))
}
