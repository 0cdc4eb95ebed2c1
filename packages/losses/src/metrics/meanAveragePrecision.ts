import { arange, cumSum, maximum, mean, sum, type Tensor } from '@wengert/core'
import { checkRanking, ranked, relevant } from './ranking.ts'

/**
 * Precision at the rank of each relevant candidate, averaged over these and then over queries. Use it as one number for whole rankings
 * with several relevant candidates a query.
 *
 *     AP = 1/R Σ over relevant candidates of P@rank,   mAP = mean of AP over queries
 *
 * Of equal scores the lowest index comes first; AP is 0 where nothing is relevant. Relevance is bool, or a number that counts
 * if greater than 0.
 *
 * Shapes: scores [...B, N], relevance [...B, N] → f32 [], the mean over all queries; of one query [N] its AP.
 * Gradient: none.
 * Source: Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008), sec. 8.4.
 *
 * @example meanAveragePrecision(tensor([[0.9, 0.1, 0.5]]), tensor([[1, 1, 0]])).item() // 0.8333
 */
export function meanAveragePrecision(scores: Tensor, relevance: Tensor): Tensor {
  checkRanking('meanAveragePrecision', scores, relevance)
  const hits = ranked(scores, relevant(relevance))
  const precision = cumSum(hits).div(arange(scores.shape.at(-1) as number).add(1))
  const total = sum(hits.mul(precision), { axis: -1 })
  return mean(total.div(maximum(sum(hits, { axis: -1 }), 1)))
}
