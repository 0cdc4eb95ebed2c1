import { type DrawOptions, dims, mean, rsqrt, type Shape } from '@wengert/core'
import type { Layer } from '../layer.ts'
import { type AffineParams, checkEps, type Found, featureShape, identity } from './affine.ts'

export interface RmsNormOptions<Affine extends boolean = true> extends DrawOptions {
  /** Number of features, or sizes of several last axes that are normalized together. */
  readonly features: number | Shape
  /** Added to the mean square, ≥ 0. @default 1e-6 */
  readonly eps?: number
  /** Whether there is a factor of each feature to learn. @default true */
  readonly affine?: Affine
}

/**
 * Root mean square normalization: gives the features of each example the mean square 1, and then a scale to learn. Use it
 * in place of layerNorm where the mean need not go: it is cheaper, and what language models of today have.
 *
 *     y = x / √(mean x² + eps) · weight
 *
 * The weight starts at 1.
 * Shapes: x [...B, ...features] → [...B, ...features].
 * Source: Zhang, Sennrich, Root mean square layer normalization, arXiv 1910.07467 (2019); eps as in Llama's.
 *
 * @example rmsNorm({ features: 2, affine: false }).apply([], tensor([[3, 4]])) // [0.849, 1.131]
 */
export function rmsNorm<Affine extends boolean = true>({
  features,
  eps = 1e-6,
  affine = true as Affine,
  dtype = 'f32',
}: RmsNormOptions<Affine>): Layer<AffineParams<Affine, false>> {
  const shape = featureShape('rmsNorm', features)
  checkEps('rmsNorm', eps)
  const sizes = shape.join(' ')
  const axis = shape.map((_, i) => i - shape.length)
  return {
    init: () => identity(shape, dtype, affine, false),
    apply(params, x) {
      const { weight } = params as Found
      dims('rmsNorm', { x, ...(weight && { weight }) }, `...B ${sizes}, ${sizes}`)
      const y = x.mul(rsqrt(mean(x.square(), { axis, keepDims: true }).add(eps)))
      return weight ? y.mul(weight) : y
    },
  }
}
