import { norm, type Tensor, where } from '@wengert/core'

/** Rows divided by their length; those shorter than 1e-12 become 0, with gradient 0. */
export function unitRows(x: Tensor): Tensor {
  const length = norm(x, { axis: -1, keepDims: true })
  return where(length.lessEqual(1e-12), 0, x.div(length))
}
