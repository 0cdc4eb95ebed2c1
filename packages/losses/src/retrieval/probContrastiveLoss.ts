import { checkOption, mean, type Tensor, where } from '@wengert/core'
import { probTerms } from './probTerms.ts'

export interface ProbContrastiveOptions {
  /** Probability of a label with score 1, between 0 and 1. @default 0.75 */
  readonly c?: number
  /** How fast that falls with the score, greater than 0. @default 3 */
  readonly d?: number
  /** Below it a negative costs nothing, at least 0. @default 0.05 */
  readonly threshold?: number
  /** Weight of what positives lack of score 1, at least 0. @default 1 */
  readonly positiveWeight?: number
}

/**
 * Log-likelihood of labels whose probability falls exponentially with their distance. Use it as a contrastive loss of
 * examples and labels that draws positives evenly from any distance and minds only negatives that are near.
 *
 *     p = c e^(d (s − 1))
 *     L = mean over the labels of −log p / d for positives, t = −log(1 − p) / d for negatives, or 0 if t < threshold
 *
 * Scores are cosines: above 1 + log(1/c) / d there is no probability, and negatives give NaN. Labels are 0 and 1 of any
 * dtype; others throw where they are data on the host, and give NaN where they are computed.
 *
 * Shapes: scores [...B, K], labels [...B, K] → [...B].
 * Gradient: −1 / K to positives, times positiveWeight, and p / (1 − p) / K to negatives from the threshold on, where
 * there is a jump.
 * Source: the code of Dahiya et al., NGAME, arXiv 2207.04452 (2022).
 *
 * @example probContrastiveLoss(tensor([0.5, 0.9, -1]), tensor([1, 0, 0])).item() // 0.288749
 */
export function probContrastiveLoss(
  scores: Tensor,
  labels: Tensor,
  { c = 0.75, d = 3, threshold = 0.05, positiveWeight = 1 }: ProbContrastiveOptions = {},
): Tensor {
  const fn = 'probContrastiveLoss'
  const { terms, hit, mark } = probTerms(fn, scores, labels, { c, d, positiveWeight })
  checkOption(fn, 'threshold', threshold, threshold >= 0, 'at least 0')
  const scaled = terms.div(d)
  return mark(mean(where(hit.not().and(scaled.less(threshold)), 0, scaled), { axis: -1 }))
}
