import { argSort, checkCount, concat, cumSum, dims, sum, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'

/**
 * Area under the ROC curve: how often a positive has a greater score than a negative, where ties count half. Use it to
 * tell how well one threshold can separate the two; it is ½ for scores without meaning. mannWhitneyLoss bounds what it
 * lacks of 1.
 *
 *     A = mean over all pairs of 1[s⁺ > s⁻] + ½ 1[s⁺ = s⁻]
 *
 * By sorting, without a table of the pairs.
 *
 * Shapes: positives [P], negatives [N], at least one of each → a scalar.
 * Gradient: none; 0 everywhere.
 * Source: Hanley, McNeil, The Meaning and Use of the Area under a ROC Curve (1982).
 *
 * @example aucScore(tensor([3, 1]), tensor([1, 0])).item() // 0.875
 */
export function aucScore(positives: Tensor, negatives: Tensor): Tensor {
  const fn = 'aucScore'
  const { P = 0, N = 0 } = dims(fn, { positives, negatives }, 'P, N')
  checkFloats(fn, { positives, negatives })
  checkCount(fn, 'number of positives', P, 1)
  checkCount(fn, 'number of negatives', N, 1)
  // The order is stable: of equal scores those given first come first.
  const less = passed(concat([positives, negatives]), (place) => place.less(P))
  const notGreater = passed(concat([negatives, positives]), (place) => place.greaterEqual(N))
  return less.add(notGreater).div(2 * P)

  /** Sum over the positives of the share of negatives that come before. */
  function passed(scores: Tensor, isPositive: (place: Tensor) => Tensor): Tensor {
    const positive = isPositive(argSort(scores)).cast(scores.dtype)
    const before = cumSum(positive.neg().add(1)).div(N)
    return sum(positive.mul(before))
  }
}
