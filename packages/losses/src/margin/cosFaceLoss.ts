import { checkOption, type Tensor } from '@wengert/core'
import { labelCosines, type MarginHeadOptions, marginCrossEntropy } from './labelCosines.ts'

export interface CosFaceOptions extends MarginHeadOptions {
  /** By how much the cosine of the label must exceed the others, finite. @default 0.35 */
  readonly margin?: number
}

/**
 * Cross-entropy of scaled cosines with a margin on that of the label, also known as LMCL and AM-Softmax. Use it to learn embeddings
 * that are compared by their angle, as of faces or products; of the margin heads it is the smoothest. For classes that are all
 * known beforehand, crossEntropy needs no scale.
 *
 *     cⱼ = cosine of the embedding and prototype j
 *     L = −log softmax(scale (c − margin [j = y]))_y
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: embeddings [...B, D], labels i32 [...B], prototypes [K, D] → [...B].
 * Gradient: scale (p − [j = y]) with respect to the cosines, p the softmax; across embeddings and prototypes, none along them. It
 * flows to both.
 * Source: Wang et al., CosFace, arXiv 1801.09414 (2018).
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * cosFaceLoss(tensor([3, 4]), tensor(1, { dtype: 'i32' }), prototypes, { scale: 10 }).item() // 1.7014
 */
export function cosFaceLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  { margin = 0.35, ...options }: CosFaceOptions = {},
): Tensor {
  const fn = 'cosFaceLoss'
  const ready = labelCosines(fn, embeddings, labels, prototypes, options)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  return ready.mark(marginCrossEntropy(ready, ready.own.sub(margin)))
}
