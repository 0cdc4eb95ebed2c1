import { type Tensor, tensor } from '@wengert/core'
import { values } from './values.ts'

// What formulas are checked against: the same in plain numbers, one element or row after the other.

/** f of the elements of tensors of one shape, f64 [...S]. */
export function elementwise(f: (...elements: number[]) => number, first: Tensor, ...others: readonly Tensor[]): Tensor {
  const lists = [first, ...others].map(values)
  const data = (lists[0] as number[]).map((_, i) => f(...lists.map((list) => list[i] as number)))
  return tensor(Float64Array.from(data), { shape: first.shape })
}

/** f of the rows of tensors [...B, K], f64 [...B]; of a tensor [...B], as labels are, a row is one number. */
export function rowwise(f: (...rows: number[][]) => number, first: Tensor, ...others: readonly Tensor[]): Tensor {
  const shape = first.shape.slice(0, -1)
  const count = shape.reduce((product, n) => product * n, 1)
  const lists = [first, ...others].map(values)
  const data = Array.from({ length: count }, (_, i) =>
    f(...lists.map((list) => list.slice((i * list.length) / count, ((i + 1) * list.length) / count))),
  )
  return tensor(Float64Array.from(data), { shape })
}
