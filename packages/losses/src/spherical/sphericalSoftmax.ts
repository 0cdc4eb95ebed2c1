import { type AxisOptions, sum, type Tensor } from '@wengert/core'
import { checkFloats, checkPositive, checkTensors } from '../check.ts'

export interface SphericalSoftmaxOptions {
  /**
   * Added to each square, > 0: how far a class at 0 is from impossible. Tune it. @default 1e-3; the paper's is
   * UNVERIFIED
   */
  readonly eps?: number
}

/**
 * Probabilities proportional to the squares of the logits. Use it where probabilities should come from a sum of squares
 * alone, as the output layers of the spherical family need it, or without exponentials; a logit and its negative count
 * the same.
 *
 *     pₖ = (zₖ² + eps) / Σⱼ (zⱼ² + eps)
 *
 * The squares must not overflow: |z| up to 1e18 in f32. Another function, softmax(z / ‖z‖), has the same name
 * elsewhere.
 *
 * Shapes: x [...S] → [...S].
 * Gradient: 2 zⱼ ([k = j] − pₖ) / Σ (z² + eps) of pₖ by zⱼ; it vanishes at z = 0 and, like 1/z, far from it.
 * Source: de Brébisson and Vincent, An exploration of softmax alternatives belonging to the spherical loss family,
 * arXiv 1511.05042 (2016).
 *
 * @example sphericalSoftmax(tensor([3, 1, 0]), { eps: 1e-6 }).dataSync() // 0.9, 0.1, 0.0
 */
export function sphericalSoftmax(
  x: Tensor,
  { axis = -1, eps = 1e-3 }: AxisOptions & SphericalSoftmaxOptions = {},
): Tensor {
  checkTensors('sphericalSoftmax', { x })
  checkFloats('sphericalSoftmax', { x })
  const weights = sphericalWeights('sphericalSoftmax', x, eps)
  return weights.div(sum(weights, { axis, keepDims: true }))
}

/** What probabilities are proportional to: z² + eps. */
export function sphericalWeights(fn: string, z: Tensor, eps: number): Tensor {
  checkPositive(fn, 'eps', eps)
  return z.square().add(eps)
}
