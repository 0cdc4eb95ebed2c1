import { checkCount, softmax, sum, type Tensor, takeAlong, topK, where } from '@wengert/core'
import type { ProbContrastiveOptions } from './probContrastiveLoss.ts'
import { probTerms } from './probTerms.ts'

export interface KProbContrastiveOptions extends Omit<ProbContrastiveOptions, 'c' | 'd' | 'threshold'> {
  /** Probability of a label with score 1, between 0 and 1. @default 0.9 */
  readonly c?: number
  /** How fast that falls with the score, greater than 0. @default 1.5 */
  readonly d?: number
  /** How many negatives count, an integer of at least 1. @default 2 */
  readonly k?: number
  /** Weight these by a softmax of what they cost. @default false */
  readonly softmaxWeights?: boolean
}

/**
 * probContrastiveLoss with the costliest negatives of each example only, and summed over the labels. Use it where
 * negatives are so many that their sum would outweigh the positives.
 *
 *     p = c e^(d (s − 1))
 *     L = Σ over the positives of −log p + Σ over k negatives of w · (−log(1 − p)),   w = 1 or softmax over the k
 *
 * As in the authors' code, the k are the greatest of all costs, those of positives lowered by 3: a positive that scores
 * very low, or any where negatives are few, takes the place and the weight of one. For scores above 1 see
 * probContrastiveLoss. Labels are 0 and 1 of any dtype; others throw where they are data on the host, and give NaN
 * where they are computed.
 *
 * Shapes: scores [...B, K], labels [...B, K] → [...B].
 * Gradient: −d to positives, times positiveWeight, d p / (1 − p) to the negatives chosen, and through the weights.
 * Kinks where others are chosen.
 * Source: the code of Dahiya et al., NGAME, arXiv 2207.04452 (2022).
 *
 * @example kProbContrastiveLoss(tensor([0.5, 0.9, -1, -1]), tensor([1, 0, 0, 0])).item() // 2.3912
 */
export function kProbContrastiveLoss(
  scores: Tensor,
  labels: Tensor,
  { c = 0.9, d = 1.5, k = 2, softmaxWeights = false, positiveWeight = 1 }: KProbContrastiveOptions = {},
): Tensor {
  const fn = 'kProbContrastiveLoss'
  const { terms, hit, mark } = probTerms(fn, scores, labels, { c, d, positiveWeight })
  checkCount(fn, 'k', k, 1)
  const { values, indices } = topK(where(hit, terms.sub(3), terms), Math.min(k, scores.shape.at(-1) as number))
  const negatives = where(takeAlong(hit, indices), 0, values)
  const weighted = softmaxWeights ? negatives.mul(softmax(values)) : negatives
  return mark(sum(where(hit, terms, 0), { axis: -1 }).add(sum(weighted, { axis: -1 })))
}
