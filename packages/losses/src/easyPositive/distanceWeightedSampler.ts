import {
  any,
  categorical,
  cdist,
  checkOption,
  type Key,
  log1p,
  maximum,
  stopGradient,
  type Tensor,
  where,
} from '@wengert/core'
import { checkBatch, sameClass } from './batch.ts'

export interface DistanceWeightedOptions {
  /** Distances below it weigh as much as it does, greater than 0. @default 0.5 */
  readonly cutoff?: number
  /** Examples from this distance on are not drawn, greater than cutoff. @default 1.4 */
  readonly upper?: number
}

/**
 * Draws a negative for each example of a batch so that all distances are about equally likely, and not just √2, at which random points
 * of a sphere lie. Use it with embeddings of length 1 and a loss of pairs or triplets.
 *
 *     log w = −(D − 2) log d − (D − 3)/2 log(1 − d²/4),   d = max(distance, cutoff)
 *     w = 0 for the same class, and from the distance upper on
 *
 * Where nothing is left, any example of another class is drawn; where there is none, −1.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → i32 [B].
 * Gradient: none.
 * Source: Wu, Manmatha, Smola, Krähenbühl, Sampling Matters in Deep Embedding Learning, arXiv 1706.07567 (2017), sec. 4. Equation
 * numbers and defaults UNVERIFIED.
 *
 * @example const classes = tensor([0, 1, 0], { dtype: 'i32' })
 * distanceWeightedSampler(key(0), tensor([[1, 0], [0, 1], [1, 0]]), classes).slice([0], [1]).item() // 1
 */
export function distanceWeightedSampler(
  from: Key,
  embeddings: Tensor,
  labels: Tensor,
  { cutoff = 0.5, upper = 1.4 }: DistanceWeightedOptions = {},
): Tensor {
  const fn = 'distanceWeightedSampler'
  checkBatch(fn, embeddings, labels)
  checkOption(fn, 'cutoff', cutoff, cutoff > 0, 'greater than 0')
  checkOption(fn, 'upper', upper, upper > cutoff && upper <= 2, 'greater than cutoff and at most 2')
  const D = embeddings.shape[1] as number
  const x = stopGradient(embeddings)
  const distances = cdist(x, x)
  const other = sameClass(labels).not()
  const allowed = other.and(distances.less(upper))
  const d = where(allowed, maximum(distances, cutoff), 1)
  const weights = d
    .log()
    .mul(2 - D)
    .sub(log1p(d.square().div(-4)).mul((D - 3) / 2))
  const low = Number.NEGATIVE_INFINITY
  const left = any(allowed, { axis: 1, keepDims: true })
  const drawn = categorical(from, where(left, where(allowed, weights, low), where(other, 0, low).cast(x.dtype)))
  return where(any(other, { axis: 1 }), drawn, -1)
}
