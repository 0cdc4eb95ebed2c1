import { categorical, type Key, split, type Tensor, where } from '@wengert/core'
import { type DistanceWeightedOptions, distanceWeightedSampler } from '../easyPositive/distanceWeightedSampler.ts'
import { unitRows } from '../margin/unitRows.ts'
import { has, type PairMasks, pairsAt, pairsOf } from './pairs.ts'

/**
 * A positive of each example of a batch, drawn evenly, and a negative, drawn by distanceWeightedSampler from the embeddings scaled to
 * length 1. Use it as pairs of marginLoss, for which that sampling was made.
 *
 * An example that lacks either yields no pairs.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → positive and negative, bool [B, B] with at most one pair in a row.
 * Gradient: none.
 * Source: Wu, Manmatha, Smola, Krähenbühl, Sampling Matters in Deep Embedding Learning, arXiv 1706.07567 (2017), sec. 4. There each
 * positive gets a negative of its own.
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * distanceWeightedMiner(key(0), tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels).positive // 0, 1, 0, 1, 0, 0, 0, 0, 0
 */
export function distanceWeightedMiner(
  from: Key,
  embeddings: Tensor,
  labels: Tensor,
  options: DistanceWeightedOptions = {},
): PairMasks {
  const { positive, negative } = pairsOf('distanceWeightedMiner', embeddings, labels)
  const [forPositives, forNegatives] = split(from) as [Key, Key]
  const kept = has(positive).and(has(negative))
  // A row without any would be a draw from nothing.
  const allowed = where(positive.or(kept.not().expandDims(1)), 0, Number.NEGATIVE_INFINITY).cast(embeddings.dtype)
  return {
    positive: pairsAt(categorical(forPositives, allowed), kept),
    negative: pairsAt(distanceWeightedSampler(forNegatives, unitRows(embeddings), labels, options), kept),
  }
}
