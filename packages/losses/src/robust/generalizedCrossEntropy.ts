import { checkOption, expm1, minimum, type Tensor } from '@wengert/core'
import { labelLogProbs } from '../labelLogProbs.ts'

export interface GeneralizedCrossEntropyOptions {
  /**
   * Between crossEntropy, the limit q → 0, and 1 − p, at q = 1; greater than 0, at most 1.
   * @default 0.7, as in the paper
   */
  readonly q?: number
  /** Probability of the label below which an example costs no more and moves nothing, from 0 to 1. @default 0 */
  readonly k?: number
}

/**
 * Generalized cross-entropy: a power in place of the logarithm, so that an example costs 1/q at most. Use it in place
 * of crossEntropy where some labels are wrong; truncated by k, it leaves out those examples that look most wrong.
 *
 *     p = softmax(logits) at the label
 *     L = min((1 − p^q) / q, (1 − k^q) / q)
 *
 * An untrained network gives each class about 1/K: begin with k below that, or nothing is learned. Class labels outside
 * [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: p^q (softmax(logits) − one-hot label); it vanishes for p → 0, is 0 for p < k and half of that at p = k.
 * Source: Zhang, Sabuncu, arXiv 1805.07836 (2018), there L_q and its truncated form; equation numbers UNVERIFIED.
 *
 * @example generalizedCrossEntropy(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.354614
 */
export function generalizedCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { q = 0.7, k = 0 }: GeneralizedCrossEntropyOptions = {},
): Tensor {
  const fn = 'generalizedCrossEntropy'
  const { logProb, mark } = labelLogProbs(fn, logits, labels)
  checkOption(fn, 'q', q, q > 0 && q <= 1, 'greater than 0 and at most 1')
  checkOption(fn, 'k', k, k >= 0 && k <= 1, 'from 0 to 1')
  const loss = expm1(logProb.mul(q)).div(-q)
  return mark(k > 0 ? minimum(loss, (1 - k ** q) / q) : loss)
}
