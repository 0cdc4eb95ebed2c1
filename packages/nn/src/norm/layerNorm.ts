import { type DrawOptions, dims, type Shape } from '@wengert/core'
import type { Layer } from '../layer.ts'
import { type AffineParams, checkEps, type Found, featureShape, identity } from './affine.ts'
import { standardize } from './standardize.ts'

export interface LayerNormOptions<Affine extends boolean = true, Bias extends boolean = true> extends DrawOptions {
  /** Number of features, or sizes of several last axes that are normalized together. */
  readonly features: number | Shape
  /** Added to the variance, ≥ 0. @default 1e-5 */
  readonly eps?: number
  /** Whether there are a factor and a summand of each feature to learn. @default true */
  readonly affine?: Affine
  /** Whether the summand is among them. @default true */
  readonly bias?: Bias
}

/**
 * Layer normalization: gives the features of each example mean 0 and variance 1, and then a scale and a shift to learn.
 * Use it between the layers of transformers and recurrent models, where it trains alike whatever the batch is.
 *
 *     y = (x − μ) / √(σ² + eps) · weight + bias,   μ and σ² over the features, σ² divided by their number
 *
 * Weight and bias start at 1 and 0.
 * Shapes: x [...B, ...features] → [...B, ...features].
 * Source: Ba, Kiros, Hinton, Layer normalization, arXiv 1607.06450 (2016).
 *
 * @example layerNorm({ features: 3, affine: false }).apply([], tensor([[1, 2, 3]])) // [-1.22, 0.00, 1.22]
 */
export function layerNorm<Affine extends boolean = true, Bias extends boolean = true>({
  features,
  eps = 1e-5,
  affine = true as Affine,
  bias: hasBias = true as Bias,
  dtype = 'f32',
}: LayerNormOptions<Affine, Bias>): Layer<AffineParams<Affine, Bias>> {
  const shape = featureShape('layerNorm', features)
  checkEps('layerNorm', eps)
  const sizes = shape.join(' ')
  const axes = shape.map((_, i) => i - shape.length)
  return {
    init: () => identity(shape, dtype, affine, hasBias),
    apply(params, x) {
      const { weight, bias } = params as Found
      const given = { x, ...(weight && { weight }), ...(bias && { bias }) }
      dims('layerNorm', given, `...B ${sizes}, ${sizes}, ${sizes}`)
      const y = standardize(x, axes, eps)
      const scaled = weight ? y.mul(weight) : y
      return bias ? scaled.add(bias) : scaled
    },
  }
}
