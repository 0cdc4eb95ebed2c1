import { defineOp, type Op } from '../op.ts'
import type { Shape } from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'

export const padOp: Op = /* @__PURE__ */ defineOp(
  'pad',
  {
    kind: 'kernel',
    inputs: 'contiguous',
    build: (y, [input]) => {
      const rank = y.shape.length
      return {
        kind: 'pad',
        dtype: y.dtype,
        shape: y.shape,
        input: input as NonNullable<typeof input>,
        low: y.attrs.slice(0, rank),
        interior: y.attrs.slice(rank).map((step) => step - 1),
      }
    },
  },
  (g, y, [x]) => {
    const rank = y.shape.length
    const low = y.attrs.slice(0, rank)
    const step = y.attrs.slice(rank)
    const end = low.map((from, i) => {
      const n = (x as Tensor).shape[i] as number
      return n === 0 ? from : from + (n - 1) * (step[i] as number) + 1
    })
    return [g.slice(low, end, step)]
  },
)

/** Zeros of a shape, with element i of each axis of x at low + i·step: what slice undoes. */
export function pad(x: Tensor, shape: Shape, low: readonly number[], step: readonly number[]): Tensor {
  return line(padOp, [x], shape, x.dtype, [...low, ...step])
}
