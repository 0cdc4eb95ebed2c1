import { argMin, checkOption, relu, stopGradient, sum, type Tensor, take, takeAlong, where } from '@wengert/core'
import { unitRows } from '../margin/unitRows.ts'
import { squaredDistance } from '../metricLearning/distances.ts'
import { checkTuple, imageOf, matchesOf, type SuperfeatureMatchesOptions } from './superfeatureMatches.ts'

export interface SuperfeatureTripletOptions extends SuperfeatureMatchesOptions {
  /** By how much a negative's squared distance must be greater, finite. @default 1.1, as FIRe; the code of CFCD takes 0.1 */
  readonly margin?: number
  /** What the sum is multiplied by, finite. @default 1; CFCD means 0.05, which its code never reads */
  readonly weight?: number
}

/**
 * Triplet loss on local descriptors of images: those of a query are drawn to their matches in an image of the same thing, and pushed
 * from the nearest descriptors of other images. Use it beside a loss of global embeddings, such as madaCosLoss, to train both for
 * retrieval with reranking.
 *
 *     L = weight Σ over matches (i, j) and negative images k of [‖q_i − p_j‖² − ‖q_i − n_k‖² + margin]₊
 *
 * Matches are those of superfeatureMatches, n_k is the descriptor of image k nearest to q_i, and all descriptors are scaled to length 1.
 * Without a match the loss is 0.
 *
 * Shapes: features [2 + K, N, D] and attention [2 + K, N] of a query, a positive and K negative images → a scalar: the sum of the tuple.
 * Gradient: to the descriptors of each hinge above 0, across them, none along; none through the choice of matches and nearest ones, nor
 * to attention. Kinks where a hinge begins and jumps where a choice changes.
 * Source: Weinzaepfel, Lucas, Larlus, Kalantidis, Learning Super-Features for Image Retrieval, arXiv 2201.13182 (2022), as used by Zhu et
 * al., CFCD, arXiv 2308.04008 (2023); attention there is the sum of |x| over channels.
 *
 * @example const features = tensor([[[1, 0], [0, 1]], [[0.6, 0.8], [1, 0]], [[0, 1], [0, 1]]])
 * superfeatureTripletLoss(features, tensor([[1, 1], [2, 1], [1, 1]])).item() // 1.5
 */
export function superfeatureTripletLoss(
  features: Tensor,
  attention: Tensor,
  { margin = 1.1, weight = 1, ratio = 0.9 }: SuperfeatureTripletOptions = {},
): Tensor {
  const fn = 'superfeatureTripletLoss'
  checkTuple(fn, features, attention, 3)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  checkOption(fn, 'weight', weight, Number.isFinite(weight), 'finite')
  checkOption(fn, 'ratio', ratio, ratio >= 0 && ratio <= 1, 'from 0 to 1')
  const [T = 0, N = 0, D = 0] = features.shape
  const unit = unitRows(features)
  const { queries, kept } = matchesOf(unit, attention, ratio)
  const query = take(imageOf(unit, 0), queries)
  const toPositive = sum(query.sub(imageOf(unit, 1)).square(), { axis: 1 })
  const others = unit.slice([2, 0, 0], [T, N, D]).reshape([(T - 2) * N, D])
  const toOthers = squaredDistance(query, others).reshape([N, T - 2, N])
  const nearest = argMin(stopGradient(toOthers), { axis: 2 })
  const toNegatives = takeAlong(toOthers, nearest.expandDims(2)).squeeze(2)
  const hinges = relu(toPositive.expandDims(1).sub(toNegatives).add(margin))
  return sum(where(kept.expandDims(1), hinges, 0)).mul(weight)
}
