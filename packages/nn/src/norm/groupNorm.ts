import { checkCount, checkOption, type DrawOptions, dims, ShapeError, showShape } from '@wengert/core'
import type { Layer } from '../layer.ts'
import { type AffineParams, checkEps, type Found, identity } from './affine.ts'
import { standardize } from './standardize.ts'

export interface GroupNormOptions<Affine extends boolean = true> extends DrawOptions {
  /** Number of channels. */
  readonly features: number
  /** Into how many groups they are divided: 1 takes all channels together, as many as channels each for itself. */
  readonly groups: number
  /** Added to the variance, ≥ 0. @default 1e-5 */
  readonly eps?: number
  /** Whether there are a factor and a summand of each channel to learn. @default true */
  readonly affine?: Affine
}

/**
 * Group normalization: gives each group of channels of each example mean 0 and variance 1, and then each channel a scale
 * and a shift to learn. Use it in convolutional models in place of batchNorm where batches are small. With a group for
 * each channel it is instance normalization.
 *
 *     y = (x − μ) / √(σ² + eps) · weight + bias,   μ and σ² over the channels of a group and over space
 *
 * Weight and bias start at 1 and 0.
 * Shapes: x [B, features, ...S] → [B, features, ...S].
 * Source: Wu, He, Group normalization, arXiv 1803.08494 (2018).
 *
 * @example const y = groupNorm({ features: 4, groups: 2, affine: false }).apply([], ones([1, 4, 8, 8]))
 */
export function groupNorm<Affine extends boolean = true>({
  features,
  groups,
  eps = 1e-5,
  affine = true as Affine,
  dtype = 'f32',
}: GroupNormOptions<Affine>): Layer<AffineParams<Affine>> {
  checkCount('groupNorm', 'features', features, 1)
  checkCount('groupNorm', 'groups', groups, 1)
  checkOption('groupNorm', 'groups', groups, features % groups === 0, `a divisor of the ${features} features`)
  checkEps('groupNorm', eps)
  return {
    init: () => identity([features], dtype, affine, true),
    apply(params, x) {
      const { weight, bias } = params as Found
      const [batch = 0, channels, ...space] = x.shape
      if (channels !== features)
        throw new ShapeError(
          `groupNorm: x must have shape [B, ${features}, ...S], got ${showShape(x.shape)}. Channels are axis 1.`,
        )
      if (weight && bias) dims('groupNorm', { weight, bias }, `${features}, ${features}`)
      const grouped = x.reshape([batch, groups, features / groups, ...space])
      const y = standardize(
        grouped,
        grouped.shape.slice(2).map((_, i) => i + 2),
        eps,
      ).reshape(x.shape)
      const along = [features, ...space.map(() => 1)]
      return weight && bias ? y.mul(weight.reshape(along)).add(bias.reshape(along)) : y
    },
  }
}
