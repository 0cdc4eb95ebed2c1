import { stopGradient, type Tensor } from '@wengert/core'
import { type DistanceOptions, distancesOf, pairsOf } from './pairs.ts'
import { gapsOf, type TripletMining, triplets } from './triplets.ts'

export interface TripletMarginMinerOptions extends DistanceOptions, TripletMining {}

/**
 * The triplets of a batch whose negative is so much farther than the positive, or not. Use it for losses of triplets of your own;
 * tripletMarginLoss takes the same choice as mining, without the memory of this mask.
 *
 *     gap = d_an − d_ap
 *     all: gap ≤ margin;   hard: gap ≤ 0;   semihard: 0 < gap ≤ margin;   easy: gap > margin
 *
 * For similarities gap = s_ap − s_an.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → bool [B, B, B]: anchors, positives, negatives.
 * Gradient: none.
 * Source: Schroff, Kalenichenko, Philbin, FaceNet, arXiv 1503.03832 (2015), for semi-hard ones; the others and the default as in
 * pytorch-metric-learning 2.8.1.
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * const mask = tripletMarginMiner(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels, { type: 'hard' })
 * sum(mask).item() // 1
 */
export function tripletMarginMiner(
  embeddings: Tensor,
  labels: Tensor,
  { margin, type, ...options }: TripletMarginMinerOptions = {},
): Tensor {
  const fn = 'tripletMarginMiner'
  const pairs = pairsOf(fn, embeddings, labels)
  const { far } = distancesOf(fn, stopGradient(embeddings), options)
  return triplets(far, pairs, gapsOf(fn, { ...(margin !== undefined && { margin }), ...(type && { type }) }))()
}
