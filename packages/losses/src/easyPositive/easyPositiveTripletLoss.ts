import { checkOption, maximum, relu, sum, type Tensor, where } from '@wengert/core'
import { easyPairs, type Negatives } from './easyPositives.ts'

export interface EasyPositiveTripletOptions {
  /** By how much the negative must be farther than the positive. @default 0.2 */
  readonly margin?: number
  /** Compare squared distances. @default false */
  readonly squared?: boolean
}

/**
 * Triplet loss in which the positive of each example is the nearest one of its class. Use it to learn embeddings where classes have
 * several modes, which other losses would collapse.
 *
 *     p = nearest of the class, n = given or drawn by distanceWeightedSampler
 *     L = mean of [‖f − f_p‖ − ‖f − f_n‖ + margin]₊
 *
 * Embeddings are taken as they are; scale them to length 1 before. Examples without a positive or a negative are left out; of none the
 * mean is 0.
 *
 * Shapes: embeddings [B, D], labels i32 [B], negatives i32 [B] or a key → a scalar, since the mean is over the examples kept.
 * Gradient: unit vectors along both pairs, or their doubled differences if squared, where the hinge is above 0. Kinks where it begins
 * and where another positive becomes the nearest.
 * Source: Levi, Xiao, Wang, Darrell, arXiv 2006.05162 (2020); the definition of the distance and the default are UNVERIFIED; there is no
 * code of the authors.
 *
 * @example const labels = tensor([0, 0, 1, 1], { dtype: 'i32' })
 * easyPositiveTripletLoss(tensor([[0], [1.5], [2], [3]]), labels, tensor([2, 2, 1, 0], { dtype: 'i32' })).item() // 0.475
 */
export function easyPositiveTripletLoss(
  embeddings: Tensor,
  labels: Tensor,
  negatives: Negatives,
  { margin = 0.2, squared = false }: EasyPositiveTripletOptions = {},
): Tensor {
  const fn = 'easyPositiveTripletLoss'
  const { toPositive, toNegative, hasPositive, hasNegative } = easyPairs(fn, embeddings, labels, negatives)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  const gap = squared ? toPositive.square().sub(toNegative.square()) : toPositive.sub(toNegative)
  const kept = hasPositive.and(hasNegative)
  const total = sum(where(kept, relu(gap.add(margin)), 0))
  return total.div(maximum(sum(kept), 1).cast(total.dtype))
}
