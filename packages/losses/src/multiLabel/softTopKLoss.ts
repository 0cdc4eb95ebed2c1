import { softplus, sum, type Tensor } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { labelledScores, type MultiLabelOptions, overPositives } from './labelledScores.ts'
import { topKLogits } from './topKLogits.ts'

export interface SoftTopKLossOptions extends Omit<MultiLabelOptions, 'temperature'> {
  /** How many labels are predicted: a number, a tensor [...B], or as many as are true ('counts'). @default 5 */
  readonly k?: 'counts' | number | Tensor
  /** What scores are divided by, greater than 0. @default 0.025, the authors' 0.05 with their α = 2 */
  readonly temperature?: number
}

/**
 * Log-likelihood of the true labels to be among the k best. Use it where precision or recall among a known number of
 * results is what counts: beyond the k-th place order does not matter, nor within it.
 *
 *     y = softTopK(scores, k, { temperature })
 *     L = mean over the positives l of −log yₗ
 *
 * Without positives it is 0. A mask tells which labels take part: with more than k true ones, of which all cannot be
 * predicted, the authors draw k and leave out the others by it. Labels are 0 and 1 of any dtype; others throw where
 * they are data on the host, and give NaN where they are computed.
 *
 * Shapes: scores [...B, K], labels [...B, K] → [...B].
 * Gradient: that of logSoftTopK; it sums to 0 over the labels.
 * Source: Gupta et al., Dual-Encoders for Extreme Multi-Label Classification, arXiv 2310.10636 (2023), and the authors'
 * code; equation numbers UNVERIFIED.
 *
 * @example softTopKLoss(tensor([2, 1, 0, -1]), tensor([1, 0, 1, 0]), { k: 2, temperature: 1 }).item() // 0.587745
 */
export function softTopKLoss(
  scores: Tensor,
  labels: Tensor,
  { k = 5, temperature = 0.025, mask }: SoftTopKLossOptions = {},
): Tensor {
  const fn = 'softTopKLoss'
  const ready = labelledScores(fn, scores, labels, { temperature, ...(mask && { mask }) })
  if (typeof k === 'string') checkChoice(fn, 'k', k, { counts: 0 })
  const count = k === 'counts' ? sum(ready.positive, { axis: -1 }) : k
  const misses = softplus(topKLogits(fn, ready.logits, count).neg())
  return ready.mark(overPositives(ready, misses).div(ready.count))
}
