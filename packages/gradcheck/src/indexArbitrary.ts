import { type DType, type Shape, sizeOf, type Tensor, tensor } from '@wengert/core'
import fc from 'fast-check'

/** Class labels, i32 from 0 to classes − 1. */
export function labels(shape: Shape, classes: number): fc.Arbitrary<Tensor> {
  return indices(shape, classes)
}

export interface IndicesOptions {
  /** No index twice; the tensor may then have at most `size` elements. @default false */
  readonly distinct?: boolean
}

/** Indices into an axis of a size: i32 from 0 to size − 1. */
export function indices(shape: Shape, size: number, { distinct = false }: IndicesOptions = {}): fc.Arbitrary<Tensor> {
  const index = fc.nat({ max: size - 1 })
  const length = { minLength: sizeOf(shape), maxLength: sizeOf(shape) }
  return (distinct ? fc.uniqueArray(index, length) : fc.array(index, length)).map((list) =>
    tensor(Int32Array.from(list), { shape }),
  )
}

/** The numbers 0 to size − 1 in any order, i32 [size]. */
export function permutations(size: number): fc.Arbitrary<Tensor> {
  return fc
    .shuffledSubarray(
      Array.from({ length: size }, (_, i) => i),
      { minLength: size, maxLength: size },
    )
    .map((list) => tensor(Int32Array.from(list), { shape: [size] }))
}

export interface MasksOptions {
  /** At least one true along the last axis, as where a mean is taken of what is left. @default false */
  readonly someTrue?: boolean
}

/** Masks: bool tensors, all true and all false among them. They shrink towards false. */
export function masks(shape: Shape, { someTrue = false }: MasksOptions = {}): fc.Arbitrary<Tensor> {
  const size = sizeOf(shape)
  const row = shape.at(-1) ?? 1
  const bits = fc.oneof(
    { weight: 8, arbitrary: fc.array(fc.boolean(), { minLength: size, maxLength: size }) },
    { weight: 1, arbitrary: fc.boolean().map((bit) => new Array<boolean>(size).fill(bit)) },
  )
  return fc.tuple(bits, fc.nat({ max: Math.max(0, row - 1) })).map(([list, chosen]) => {
    const data = Uint8Array.from(list, Number)
    if (someTrue)
      for (let start = 0; start < size; start += row)
        if (!data.subarray(start, start + row).includes(1)) data[start + chosen] = 1
    return tensor(data, { shape, dtype: 'bool' })
  })
}

/** One-hot rows along the last axis: 1 for one class, 0 for the others. Their last axis must not be empty. */
export function oneHots(shape: Shape, { dtype = 'f64' }: { readonly dtype?: DType } = {}): fc.Arbitrary<Tensor> {
  const classes = shape.at(-1) ?? 1
  const rows = sizeOf(shape.slice(0, -1))
  return fc.array(fc.nat({ max: classes - 1 }), { minLength: rows, maxLength: rows }).map((list) => {
    const data = new Float64Array(rows * classes)
    list.forEach((label, row) => {
      data[row * classes + label] = 1
    })
    return tensor(data, { shape, dtype })
  })
}
