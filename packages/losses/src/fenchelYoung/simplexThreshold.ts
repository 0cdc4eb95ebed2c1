import { arange, clip, cumSum, sort, sum, type Tensor, where } from '@wengert/core'

// Elements that far below the greatest, 0, get nothing, and their squares must not swallow the rest.
const floor = -4

/** Elements in descending order, those far below the greatest, 0, raised to where they still get nothing. */
export function descending(x: Tensor, axis: number): Tensor {
  return sort(clip(x, { min: floor }), { axis, descending: true })
}

/** 1, 2, … along an axis. */
export function ranks(x: Tensor, axis: number): Tensor {
  const K = x.shape.at(axis) as number
  return arange(K, { start: 1, dtype: x.dtype }).reshape(x.shape.map(() => 1).with(axis, K))
}

/**
 * The τ with Σ max(0, x − τ) = 1 along an axis, with size 1 there, where the greatest x is 0: what the projection on the simplex
 * takes away. By sorting, as Martins & Astudillo (2016), alg. 1.
 */
export function simplexThreshold(x: Tensor, axis: number): Tensor {
  const z = descending(x, axis)
  const inside = z.mul(ranks(z, axis)).greater(cumSum(z, { axis }).sub(1))
  const along = { axis, keepDims: true }
  const size = sum(inside.cast(x.dtype), along)
  return sum(where(inside, z, 0), along)
    .sub(1)
    .div(size)
}
