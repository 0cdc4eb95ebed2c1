import { checkOption, max, min, stopGradient, type Tensor, where } from '@wengert/core'
import { cosinesOf, type PairMasks, pairsOf } from './pairs.ts'

export interface MultiSimilarityMinerOptions {
  /** By how much a pair may be easier than the hardest of the other kind, finite. @default 0.1 */
  readonly epsilon?: number
}

/**
 * The pairs of a batch that are about as hard as the hardest pair of the other kind. Use it as pairs of multiSimilarityLoss, for
 * which it was made, or of another loss of pairs.
 *
 *     positive if s_ap − epsilon < max over n of s_an
 *     negative if s_an + epsilon > min over p of s_ap
 *
 * s are cosines. An anchor that lacks either kind yields no pairs.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → positive and negative, bool [B, B].
 * Gradient: none.
 * Source: Wang, Han, Huang, Dong, Scott, Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning,
 * arXiv 1904.06627 (2019).
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * sum(multiSimilarityMiner(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels).positive).item() // 1
 */
export function multiSimilarityMiner(
  embeddings: Tensor,
  labels: Tensor,
  { epsilon = 0.1 }: MultiSimilarityMinerOptions = {},
): PairMasks {
  const fn = 'multiSimilarityMiner'
  const { positive, negative } = pairsOf(fn, embeddings, labels)
  checkOption(fn, 'epsilon', epsilon, Number.isFinite(epsilon), 'finite')
  const s = cosinesOf(stopGradient(embeddings))
  const nearest = max(where(negative, s, Number.NEGATIVE_INFINITY), { axis: 1, keepDims: true })
  const farthest = min(where(positive, s, Number.POSITIVE_INFINITY), { axis: 1, keepDims: true })
  return {
    positive: positive.and(s.sub(epsilon).less(nearest)),
    negative: negative.and(s.add(epsilon).greater(farthest)),
  }
}
