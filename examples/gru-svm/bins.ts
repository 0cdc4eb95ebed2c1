import { sort, sum, type Tensor, take, tensor } from '@wengert/core'

/**
 * Into which of `count` bins each feature falls, bins that as many of the examples x [N, D] fall into; 0 is the lowest.
 * Shapes: [M, D] → i32 [M, D].
 */
export function binsOf(x: Tensor, count: number): (x: Tensor) => Tensor {
  const [N = 0] = x.shape
  const places = Int32Array.from({ length: count - 1 }, (_, i) => Math.floor(((i + 1) * N) / count))
  const bounds = take(sort(x, { axis: 0 }), tensor(places))
  return (x) => sum(x.expandDims(1).greaterEqual(bounds).cast('i32'), { axis: 1 })
}
