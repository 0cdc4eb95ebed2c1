import { checkOption, type Tensor } from '@wengert/core'
import { type LabelLogProbs, labelLogProbs } from '../labelLogProbs.ts'

export interface AsymmetricGeneralizedCrossEntropyOptions {
  /** What is added to the probability, > 0. @default 1 */
  readonly a?: number
  /** Power, > 0. @default 2 */
  readonly q?: number
}

/**
 * Asymmetric generalized cross-entropy: a power of the label's probability plus a constant. Use it where some labels
 * are wrong and the right one is still the most frequent; beside normalizedCrossEntropy in nceAndAgce it fits better.
 *
 *     p = softmax(logits) at the label
 *     L = ((a + 1)^q − (a + p)^q) / q
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: (a + p)^(q − 1) p (softmax(logits) − one-hot label); it vanishes for p → 0.
 * Source: Zhou, Liu, Jiang, Gao, Ji, arXiv 2106.03110 (2021); equation numbers UNVERIFIED.
 *
 * @example asymmetricGeneralizedCrossEntropy(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.613486
 */
export function asymmetricGeneralizedCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { a = 1, q = 2 }: AsymmetricGeneralizedCrossEntropyOptions = {},
): Tensor {
  const fn = 'asymmetricGeneralizedCrossEntropy'
  const ready = labelLogProbs(fn, logits, labels)
  return ready.mark(agceOf(fn, ready, a, q))
}

/** ((a + 1)^q − (a + p)^q) / q. */
export const agceOf = (fn: string, { logProb }: LabelLogProbs, a: number, q: number): Tensor => {
  checkOption(fn, 'a', a, a > 0, 'greater than 0')
  checkOption(fn, 'q', q, q > 0, 'greater than 0')
  return logProb
    .exp()
    .add(a)
    .pow(q)
    .neg()
    .add((a + 1) ** q)
    .div(q)
}
