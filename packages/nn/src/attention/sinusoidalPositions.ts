import { checkCount, checkOption, cos, type DrawOptions, sin, stack, type Tensor } from '@wengert/core'
import { frequencies } from './frequencies.ts'
import { lastAxis } from './rotaryEmbedding.ts'

export interface SinusoidalOptions extends DrawOptions {
  /** Size of the embedding, D. */
  readonly features: number
  /** The slowest wave has a period of about 2π theta. @default 10000 */
  readonly theta?: number
}

/**
 * Sinusoidal embedding of positions, or of time in a diffusion model: waves of geometrically growing period. Add it to the
 * embeddings of tokens, which without it have no order for attention.
 *
 *     y[2i] = sin(position · theta^(−2i / D)),  y[2i + 1] = cos(position · theta^(−2i / D))
 *
 * Shapes: positions [...S], integers or floats → [...S, D].
 * Source: Vaswani et al., Attention is all you need (2017), section 3.5.
 *
 * @example sinusoidalPositions(arange(2), { features: 2 }) // [0.00, 1.00, 0.84, 0.54]
 */
export function sinusoidalPositions(
  positions: Tensor,
  { features, theta = 10_000, dtype = 'f32' }: SinusoidalOptions,
): Tensor {
  checkCount('sinusoidalPositions', 'features', features, 1)
  checkOption('sinusoidalPositions', 'theta', theta, theta > 0, 'positive')
  const wide = dtype === 'f64' ? 'f64' : 'f32'
  const angles = positions
    .cast(wide)
    .expandDims(-1)
    .mul(frequencies(features, theta, wide))
  const waves = stack([sin(angles), cos(angles)], { axis: -1 })
  const pairs = waves.reshape([...positions.shape, 2 * Math.ceil(features / 2)])
  return lastAxis(pairs, 0, features).cast(dtype)
}
