import { argMax, argMin, stopGradient, type Tensor, where } from '@wengert/core'
import { type DistanceOptions, distancesOf, has, type PairMasks, pairsAt, pairsOf } from './pairs.ts'

/**
 * The farthest positive and the nearest negative of each example of a batch. Use it as pairs of tripletMarginLoss or marginLoss once
 * these have begun to learn; among wrong labels it finds just those.
 *
 *     positive = argmax over the class of d_ap,   negative = argmin over other classes of d_an
 *
 * The lowest index of several; an example that lacks either yields no pairs.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → positive and negative, bool [B, B] with at most one pair in a row.
 * Gradient: none.
 * Source: Hermans, Beyer, Leibe, In Defense of the Triplet Loss, arXiv 1703.07737 (2017).
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * batchHardMiner(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels).negative // 0, 0, 1, 0, 0, 1, 0, 0, 0
 */
export function batchHardMiner(embeddings: Tensor, labels: Tensor, options: DistanceOptions = {}): PairMasks {
  const { positive, negative } = pairsOf('batchHardMiner', embeddings, labels)
  const { far } = distancesOf('batchHardMiner', stopGradient(embeddings), options)
  const kept = has(positive).and(has(negative))
  const { POSITIVE_INFINITY: high, NEGATIVE_INFINITY: low } = Number
  return {
    positive: pairsAt(argMax(where(positive, far, low), { axis: 1 }), kept),
    negative: pairsAt(argMin(where(negative, far, high), { axis: 1 }), kept),
  }
}
