import {
  arange,
  argMin,
  argSort,
  checkCount,
  checkOption,
  dims,
  min,
  sort,
  stopGradient,
  type Tensor,
  take,
} from '@wengert/core'
import { checkFloats } from '../check.ts'
import { unitRows } from '../margin/unitRows.ts'
import { euclideanDistance } from '../metricLearning/distances.ts'

export interface SuperfeatureMatchesOptions {
  /** Most that the distance of a match may be of that to the second nearest, from 0 to 1. @default 0.9 */
  readonly ratio?: number
}

/** For each descriptor of the positive image, its match in the query. */
export interface SuperfeatureMatches {
  /** Index of the nearest descriptor of the query, i32 [N]. */
  readonly queries: Tensor
  /** Whether the match holds, bool [N]. */
  readonly kept: Tensor
}

/**
 * Which local descriptors of two images of one thing belong together. Use it to look at what superfeatureTripletLoss learns from, or for
 * losses of matches of your own.
 *
 * A descriptor of the positive image is matched with the nearest one of the query, by distances of descriptors scaled to length 1. The
 * match is kept if it is the nearest the other way round too, if its distance is at most ratio times that to the second
 * nearest of the query, and if the attention of the descriptor is among the ⌊N/2⌋ greatest of the positive image. Of equal ones
 * the lowest index counts.
 *
 * Shapes: features [T, N, D] and attention [T, N] of a query, a positive and T − 2 other images → queries i32 [N] and kept bool [N].
 * Gradient: none.
 * Source: Weinzaepfel, Lucas, Larlus, Kalantidis, Learning Super-Features for Image Retrieval, arXiv 2201.13182 (2022), with the
 * attention of Zhu et al., CFCD, arXiv 2308.04008 (2023).
 *
 * @example const pair = tensor([[[1, 0], [0, 1]], [[0.1, 1], [1, 0.2]]])
 * superfeatureMatches(pair, tensor([[1, 1], [2, 1]])).queries // 1, 0
 */
export function superfeatureMatches(
  features: Tensor,
  attention: Tensor,
  { ratio = 0.9 }: SuperfeatureMatchesOptions = {},
): SuperfeatureMatches {
  const fn = 'superfeatureMatches'
  checkTuple(fn, features, attention, 2)
  checkOption(fn, 'ratio', ratio, ratio >= 0 && ratio <= 1, 'from 0 to 1')
  return matchesOf(unitRows(features), attention, ratio)
}

/** Checks the descriptors of a tuple of images. */
export function checkTuple(fn: string, features: Tensor, attention: Tensor, least: number): void {
  const { T, N } = dims(fn, { features, attention }, 'T N D, T N')
  checkFloats(fn, { features, attention })
  checkCount(fn, 'number of images', T as number, least)
  checkCount(fn, 'number of descriptors', N as number, 1)
}

/** The descriptors of one image, [N, D]. */
export function imageOf(features: Tensor, image: number): Tensor {
  const [, N = 0, D = 0] = features.shape
  return features.slice([image, 0, 0], [image + 1, N, D]).squeeze(0)
}

/** Matches of descriptors of length 1. */
export function matchesOf(unit: Tensor, attention: Tensor, ratio: number): SuperfeatureMatches {
  const N = unit.shape[1] as number
  const still = stopGradient(unit)
  const d = euclideanDistance(imageOf(still, 0), imageOf(still, 1))
  const queries = argMin(d, { axis: 0 })
  const reciprocal = take(argMin(d, { axis: 1 }), queries).equal(arange(N, { dtype: 'i32' }))
  // Of a single descriptor there is no second nearest, but none is kept either.
  const second = N === 1 ? min(d, { axis: 0 }) : sort(d, { axis: 0 }).slice([1, 0], [2, N]).squeeze(0)
  const distinct = min(d, { axis: 0 }).lessEqual(second.mul(ratio)).and(second.greater(0))
  const own = stopGradient(attention).slice([1, 0], [2, N]).squeeze(0)
  const rank = argSort(argSort(own, { descending: true }))
  return { queries, kept: reciprocal.and(distinct).and(rank.less(Math.floor(N / 2))) }
}
