import { maximum, softplus, sum, type Tensor, where } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { type ListOptions, orderedPairs, relevanceOf } from './lists.ts'

export interface RankNetOptions extends ListOptions {
  /** Over the pairs of a list: their mean, whatever its length, or their sum. @default 'mean' */
  readonly reduction?: 'mean' | 'sum'
}

const reductions = { mean: 0, sum: 0 } as const

/**
 * Logistic loss of all pairs in a list of which one item is the more relevant. Use it to learn a ranking from grades or
 * preferences. Not where only the top counts, since all pairs count alike, nor for lists of thousands: it holds N² pairs.
 *
 *     L = mean over pairs with relevanceᵢ > relevanceⱼ of log(1 + e^(scoreⱼ − scoreᵢ))
 *
 * Pairs of equal relevance, for which the source has a target of ½, are left out. A list without pairs costs 0.
 *
 * Shapes: scores [...B, N], relevance [...B, N] → [...B].
 * Gradient: −σ(scoreⱼ − scoreᵢ) to the better item of a pair and its opposite to the other, over the number of pairs.
 * Source: Burges et al., Learning to Rank using Gradient Descent (2005), whose cost is that of one pair.
 *
 * @example rankNetLoss(tensor([1, 3, 2]), tensor([1, 0, 0])).item() // 1.720095
 */
export function rankNetLoss(
  scores: Tensor,
  relevance: Tensor,
  { mask, reduction = 'mean' }: RankNetOptions = {},
): Tensor {
  const grades = relevanceOf('rankNetLoss', scores, relevance, mask)
  checkChoice('rankNetLoss', 'reduction', reduction, reductions)
  const { better: greater, behind } = orderedPairs(scores, grades)
  const better = mask ? greater.and(mask.expandDims(-1)).and(mask.expandDims(-2)) : greater
  const total = sum(where(better, softplus(behind), 0), { axis: [-2, -1] })
  if (reduction === 'sum') return total
  return total.div(maximum(sum(better, { axis: [-2, -1] }), 1).cast(total.dtype))
}
