import { checkOption, dims, relu, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { signLabels } from '../labels.ts'

export interface MarginRankingOptions {
  /** By how much the better score should exceed the other, a finite number of at least 0. @default 0 */
  readonly margin?: number
}

/**
 * Hinge on the difference of two scores, of which one should be the greater. Use it for answers of the kind "this one rather
 * than that one". With the default margin 0 equal scores cost nothing, so give one unless something else spreads the
 * scores; rankNetLoss needs none.
 *
 *     s = 1 if scores should be the greater, −1 if others should
 *     L = max(0, margin − s (scores − others))
 *
 * Labels other than −1 and 1 throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: scores [...S], others [...S], labels [...S] → [...S].
 * Gradient: −s to scores and s to others where the hinge is open, else 0; 0 at the kink.
 * Source: Herbrich, Graepel, Obermayer, Large Margin Rank Boundaries for Ordinal Regression (2000).
 *
 * @example marginRankingLoss(tensor([2, 2]), tensor([1, 1]), tensor([1, -1]), { margin: 1.5 }).dataSync() // 0.5, 2.5
 */
export function marginRankingLoss(
  scores: Tensor,
  others: Tensor,
  labels: Tensor,
  { margin = 0 }: MarginRankingOptions = {},
): Tensor {
  const fn = 'marginRankingLoss'
  dims(fn, { scores, others, labels }, '...S, ...S, ...S')
  checkFloats(fn, { scores, others })
  checkOption(fn, 'margin', margin, margin >= 0 && Number.isFinite(margin), 'a finite number of at least 0')
  const { hit, mark } = signLabels(fn, labels)
  const lead = scores.sub(others)
  return mark(relu(where(hit, lead.neg(), lead).add(margin)))
}
