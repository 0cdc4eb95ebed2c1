import { mean, rsqrt, type Tensor } from '@wengert/core'

/** (x − μ) / √(σ² + eps) with mean and variance over axes, the variance divided by their number of elements. */
export function standardize(x: Tensor, axis: readonly number[], eps: number): Tensor {
  const centered = x.sub(mean(x, { axis, keepDims: true }))
  return centered.mul(rsqrt(mean(centered.square(), { axis, keepDims: true }).add(eps)))
}
