import { arange, sum, type Tensor, where } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { checkRanking, checkTop, ranked, top } from './ranking.ts'

export interface NdcgOptions {
  /** How many candidates from the top count, from 1 to N. @default N */
  readonly k?: number
  /** What a relevance r is worth: 2^r − 1, or r itself. @default 'exponential' */
  readonly gain?: 'exponential' | 'linear'
}

const gains = {
  exponential: (r: Tensor): Tensor => r.mul(Math.LN2).exp().sub(1),
  linear: (r: Tensor): Tensor => r,
} as const

/**
 * Normalised discounted cumulative gain: the worth of a ranking whose lower ranks count less, over that of the best ranking. Use it
 * where relevance comes in grades.
 *
 *     DCG = Σ over ranks r = 1 … k of gain(relevance at r) / log₂(1 + r),   NDCG = DCG / DCG of the best order
 *
 * Of equal scores the lowest index comes first; 0 where nothing is relevant. Relevances are bool or numbers of at least 0.
 *
 * Shapes: scores [...B, N], relevance [...B, N] → f32 [...B].
 * Gradient: none.
 * Source: Järvelin, Kekäläinen, Cumulated gain-based evaluation of IR techniques (2002); with gain 'exponential' Burges et al., Learning
 * to Rank using Gradient Descent (2005).
 *
 * @example ndcg(tensor([0.9, 0.1, 0.5]), tensor([1, 2, 0])).item() // 0.6885
 */
export function ndcg(scores: Tensor, relevance: Tensor, { k, gain = 'exponential' }: NdcgOptions = {}): Tensor {
  checkRanking('ndcg', scores, relevance)
  const N = scores.shape.at(-1) as number
  const ranks = k ?? N
  checkTop('ndcg', ranks, N)
  checkChoice('ndcg', 'gain', gain, gains)
  const worth = gains[gain](relevance.cast('f32'))
  const discount = arange(ranks).add(2).log().div(Math.LN2)
  const dcg = (by: Tensor): Tensor => sum(top(ranked(by, worth), ranks).div(discount), { axis: -1 })
  const best = dcg(worth)
  return where(best.equal(0), 0, dcg(scores).div(where(best.equal(0), 1, best)))
}
