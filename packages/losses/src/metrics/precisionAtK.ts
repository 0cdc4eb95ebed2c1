import type { Tensor } from '@wengert/core'
import { hitsAtK } from './ranking.ts'

/**
 * What part of the k candidates with the greatest scores is relevant. Use it where k results are shown and each wrong one annoys.
 *
 *     P@k = hits among the k greatest scores / k
 *
 * Of equal scores the lowest index comes first. Relevance is bool, or a number that counts if greater than 0.
 *
 * Shapes: scores [...B, N], relevance [...B, N], k from 1 to N → f32 [...B].
 * Gradient: none.
 * Source: Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008), sec. 8.4.
 *
 * @example precisionAtK(tensor([0.9, 0.1, 0.5]), tensor([1, 1, 0]), 2).item() // 0.5
 */
export function precisionAtK(scores: Tensor, relevance: Tensor, k: number): Tensor {
  return hitsAtK('precisionAtK', scores, relevance, k).div(k)
}
