import { checkCount, checkOption, checkOptions } from '../check.ts'
import { type DType, dtypeRank, hostArray, isFloat, type TypedArray, toHostArray } from '../dtype.ts'
import { DTypeError, ShapeError, ValueError } from '../errors.ts'
import { checkShape, type Shape, showShape, sizeOf } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { checkDType } from './define.ts'
import { scalar, source } from './source.ts'

/** Numbers or booleans, nested to any depth in arrays of equal lengths. */
export type NestedArray = number | boolean | readonly NestedArray[]

/** Any array of machine numbers. */
export type NumericArray = TypedArray | Int8Array | Int16Array | Uint8ClampedArray | Uint16Array | Uint32Array

export interface DTypeOptions {
  /** Element type. @default 'f32' */
  readonly dtype?: DType
}

export interface TensorOptions {
  /** Element type. @default that of the array: f64, f32, i32 for integers, bool for booleans; f32 for plain numbers */
  readonly dtype?: DType
  /** Shape of the tensor. @default the nesting of the arrays; one axis for a typed array */
  readonly shape?: Shape
}

/**
 * A tensor from data on the host, which is copied.
 *
 * @example tensor([[1, 2], [3, 4]])
 * @example tensor(new Float64Array(6), { shape: [2, 3] })
 */
export function tensor(data: NestedArray | NumericArray, options: TensorOptions = {}): Tensor {
  const { dtype, shape } = checkOptions('tensor', options, 'shape: [2, 3]')
  if (dtype !== undefined) checkKnown('tensor', dtype)
  let flat: ArrayLike<number>
  let found: Shape
  let type: DType
  if (ArrayBuffer.isView(data)) {
    flat = data as NumericArray
    found = [flat.length]
    type = dtype ?? (flat instanceof Float64Array ? 'f64' : flat instanceof Float32Array ? 'f32' : 'i32')
  } else {
    const nested = flatten(data)
    flat = nested.values
    found = nested.shape
    type = dtype ?? (nested.boolean ? 'bool' : 'f32')
  }
  if (shape !== undefined) {
    checkShape('tensor', shape)
    if (sizeOf(shape) !== flat.length)
      throw new ShapeError(`tensor: shape must hold the ${flat.length} numbers given, got ${showShape(shape)}.`)
    found = [...shape]
  }
  if (type === 'i32') checkIntegers('tensor', 'data', flat)
  return source(toHostArray(type, flat), found, type)
}

/** Every element the same number. */
export function full(shape: Shape, value: number, options: DTypeOptions = {}): Tensor {
  return filled('full', shape, value, options)
}

function filled(fn: string, shape: Shape, value: number, options: DTypeOptions): Tensor {
  const dtype = dtypeOf(fn, options)
  checkShape(fn, shape)
  checkOption(fn, 'value', value, typeof value === 'number', 'a number')
  if (dtype === 'i32') checkIntegers(fn, 'value', [value])
  return scalar(dtype === 'bool' ? Number(value !== 0) : value, dtype).broadcastTo(shape)
}

/** Every element 0. */
export function zeros(shape: Shape, options: DTypeOptions = {}): Tensor {
  return filled('zeros', shape, 0, options)
}

/** Every element 1. */
export function ones(shape: Shape, options: DTypeOptions = {}): Tensor {
  return filled('ones', shape, 1, options)
}

/** Zeros of the shape and dtype of x. */
export function zerosLike(x: Tensor): Tensor {
  return full(x.shape, 0, { dtype: x.dtype })
}

export interface ArangeOptions extends DTypeOptions {
  /** First number. @default 0 */
  readonly start?: number
  /** Distance of neighbours. @default 1 */
  readonly step?: number
}

/** The `count` numbers start, start + step, … Shape [count]. */
export function arange(count: number, options: ArangeOptions = {}): Tensor {
  const { start = 0, step = 1, dtype = 'f32' } = checkOptions('arange', options, 'start: 0, step: 1')
  checkCount('arange', 'count', count, 0)
  checkKnown('arange', dtype)
  const data = new Float64Array(count)
  for (let i = 0; i < count; i++) data[i] = start + i * step
  if (dtype === 'i32') checkIntegers('arange', 'start and step', [start, step])
  return source(toHostArray(dtype, data), [count], dtype)
}

/** `count` numbers from start to stop, both included, at equal distances. Shape [count]. */
export function linspace(start: number, stop: number, count: number, options: DTypeOptions = {}): Tensor {
  const dtype = dtypeOf('linspace', options)
  checkCount('linspace', 'count', count, 1)
  if (!isFloat(dtype))
    throw new DTypeError(`linspace: dtype must be f16, f32 or f64, got ${dtype}. Use arange for integers.`)
  const data = new Float64Array(count)
  const last = count - 1
  for (let i = 0; i < count; i++)
    data[i] = i === last && last > 0 ? stop : start + (stop - start) * (last > 0 ? i / last : 0)
  return source(toHostArray(dtype, data), [count], dtype)
}

/** Identity matrix. Shape [rows, columns]; columns = rows unless given. */
export function eye(rows: number, options: DTypeOptions & { readonly columns?: number } = {}): Tensor {
  const { columns = rows, dtype = 'f32' } = checkOptions('eye', options, 'columns: 3')
  checkCount('eye', 'rows', rows, 0)
  checkCount('eye', 'columns', columns, 0)
  checkKnown('eye', dtype)
  const data = hostArray(dtype, rows * columns)
  for (let i = 0; i < Math.min(rows, columns); i++) data[i * columns + i] = 1
  return source(data, [rows, columns], dtype)
}

/**
 * One-hot rows: 1 at each index, 0 elsewhere; an index outside [0, depth) gives a row of zeros.
 *
 * Shapes: indices i32 [...S] → [...S, depth]. No gradient.
 */
export function oneHot(indices: Tensor, depth: number, options: DTypeOptions = {}): Tensor {
  const dtype = dtypeOf('oneHot', options)
  checkCount('oneHot', 'depth', depth, 1)
  checkDType('oneHot', 'indices', indices, 'index')
  return indices
    .expandDims(-1)
    .equal(arange(depth, { dtype: 'i32' }))
    .cast(dtype)
}

function flatten(data: NestedArray): { values: number[]; shape: Shape; boolean: boolean } {
  const shape: number[] = []
  for (let level: NestedArray | undefined = data; Array.isArray(level); level = level[0]) shape.push(level.length)
  const values: number[] = []
  let booleans = 0
  // A stack of arrays and positions, so that depth is no matter of recursion.
  const visit: { list: readonly NestedArray[]; at: number }[] = []
  const take = (item: NestedArray): void => {
    if (Array.isArray(item)) {
      if (item.length !== shape[visit.length])
        throw ragged(
          visit.map(({ at }) => at - 1),
          shape[visit.length] ?? null,
          item.length,
        )
      visit.push({ list: item, at: 0 })
      return
    }
    if (visit.length !== shape.length)
      throw ragged(
        visit.map(({ at }) => at - 1),
        shape[visit.length] as number,
        null,
      )
    if (typeof item === 'boolean') booleans++
    else if (typeof item !== 'number')
      throw new DTypeError(
        `tensor: data must consist of numbers or booleans, got ${item === null ? 'null' : typeof item} at [${visit.map(({ at }) => at - 1).join('][')}].`,
      )
    values.push(Number(item))
  }
  take(data)
  for (let top = visit.at(-1); top; top = visit.at(-1)) {
    if (top.at === top.list.length) visit.pop()
    else take(top.list[top.at++] as NestedArray)
  }
  if (booleans > 0 && booleans < values.length)
    throw new DTypeError('tensor: data must be all numbers or all booleans, got both.')
  return { values, shape, boolean: booleans > 0 }
}

function ragged(path: number[], wanted: number | null, got: number | null): ShapeError {
  const show = (n: number | null) => (n === null ? 'a number' : `${n} elements`)
  return new ShapeError(
    `tensor: data must nest arrays of equal lengths, got ${show(got)} at [${path.join('][')}] where ${show(wanted)} was expected.`,
  )
}

function dtypeOf(fn: string, options: DTypeOptions): DType {
  const { dtype = 'f32' } = checkOptions(fn, options, "dtype: 'f32'")
  checkKnown(fn, dtype)
  return dtype
}

function checkKnown(fn: string, dtype: DType): void {
  if (!Object.hasOwn(dtypeRank, dtype))
    throw new DTypeError(`${fn}: dtype must be one of ${Object.keys(dtypeRank).join(', ')}, got ${String(dtype)}.`)
}

function checkIntegers(fn: string, name: string, values: ArrayLike<number>): void {
  if (values instanceof Int32Array || values instanceof Uint8Array) return
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number
    if ((v | 0) !== v)
      throw new ValueError(`${fn}: ${name} must consist of 32-bit integers for dtype i32, got ${v} at position ${i}.`)
  }
}
