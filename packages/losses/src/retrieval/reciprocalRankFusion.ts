import { checkOption, dims, isFloat, reciprocal, sum, type Tensor } from '@wengert/core'

export interface ReciprocalRankFusionOptions {
  /** How little the first places of one list weigh against those behind, at least 0. @default 60 */
  readonly k?: number
}

/**
 * One score from the places that documents have in several rankings. Use it to merge results whose scores cannot be
 * compared, such as those of words and of embeddings.
 *
 *     score = Σ over the rankings of 1 / (k + rank)
 *
 * Ranks count from 1; a document that a ranking does not hold has rank ∞ there, for which ranks are floats.
 *
 * Shapes: ranks [R, N], i32 or floats → [N], of the dtype of the ranks, f32 for i32.
 * Gradient: −1 / (k + rank)² to ranks given as floats.
 * Source: Cormack, Clarke, Büttcher, Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning Methods
 * (2009).
 *
 * @example reciprocalRankFusion(tensor([[1, 2], [3, 1]]), { k: 1 }).dataSync() // 0.75, 0.833333
 */
export function reciprocalRankFusion(ranks: Tensor, { k = 60 }: ReciprocalRankFusionOptions = {}): Tensor {
  const fn = 'reciprocalRankFusion'
  dims(fn, { ranks }, 'R N')
  checkOption(fn, 'k', k, k >= 0, 'at least 0')
  const places = isFloat(ranks.dtype) ? ranks : ranks.cast('f32')
  return sum(reciprocal(places.add(k)), { axis: 0 })
}
