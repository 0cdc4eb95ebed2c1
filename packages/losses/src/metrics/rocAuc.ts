import { sum, type Tensor, where } from '@wengert/core'
import { crossCounts } from '../metricLearning/crossCounts.ts'
import { checkRanking, relevant } from './ranking.ts'

/**
 * Area under the ROC curve: how likely a relevant candidate scores above one that is not. Use it for two classes where no threshold is
 * chosen yet; it does not depend on how frequent they are, so with rare positives look at meanAveragePrecision too.
 *
 *     AUC = mean over pairs of [s_relevant > s_other] + ½ [s_relevant = s_other]
 *
 * NaN where all or none are relevant. Relevance is bool, or a number that counts if greater than 0. In the time of sorting.
 * aucScore takes the two sets of scores apart.
 *
 * Shapes: scores [...B, N], relevance [...B, N] → f32 [...B].
 * Gradient: none.
 * Source: Hanley, McNeil, The meaning and use of the area under a receiver operating characteristic curve (1982).
 *
 * @example rocAuc(tensor([0.9, 0.1, 0.5, 0.5]), tensor([1, 0, 1, 0])).item() // 0.875
 */
export function rocAuc(scores: Tensor, relevance: Tensor): Tensor {
  checkRanking('rocAuc', scores, relevance)
  const positive = relevant(relevance).greater(0)
  const negative = positive.not()
  const count = (x: Tensor): Tensor => sum(x.cast('f32'), { axis: -1 })
  const right = count(crossCounts(scores, positive, scores, negative).below)
  const wrong = count(crossCounts(scores, negative, scores, positive).below)
  const pairs = count(positive).mul(count(negative))
  return where(
    pairs.equal(0),
    Number.NaN,
    right
      .sub(wrong)
      .div(where(pairs.equal(0), 1, pairs))
      .add(1)
      .div(2),
  )
}
