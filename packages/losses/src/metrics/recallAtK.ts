import { maximum, sum, type Tensor } from '@wengert/core'
import { hitsAtK, relevant } from './ranking.ts'

/**
 * What part of the relevant candidates is among the k with the greatest scores. Use it where the k go to a slower second stage, which
 * cannot find again what is missing. In metric learning recall@k often means another thing: whether one of the k is relevant.
 *
 *     R@k = hits among the k greatest scores / number of relevant candidates
 *
 * Of equal scores the lowest index comes first; 0 where nothing is relevant. Relevance is bool, or a number that counts if greater
 * than 0.
 *
 * Shapes: scores [...B, N], relevance [...B, N], k from 1 to N → f32 [...B].
 * Gradient: none.
 * Source: Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008), sec. 8.4.
 *
 * @example recallAtK(tensor([0.9, 0.1, 0.5]), tensor([1, 1, 0]), 1).item() // 0.5
 */
export function recallAtK(scores: Tensor, relevance: Tensor, k: number): Tensor {
  const hits = hitsAtK('recallAtK', scores, relevance, k)
  return hits.div(maximum(sum(relevant(relevance), { axis: -1 }), 1))
}
