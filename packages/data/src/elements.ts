import { type DType, type Shape, type Tensor, type TypedArray, tensor, ValueError } from '@wengert/core'
import { FormatError } from './formatError.ts'
import { fromBF16, fromF16 } from './half.ts'

/** How a number is stored in a file. */
export interface ElementType {
  readonly bytes: number
  /** What it becomes: integers of any width i32, floats narrower than 32 bits f32. */
  readonly dtype: DType
  /** The host array with just this storage, from which all can be taken at once. */
  readonly native?: new (
    buffer: ArrayBuffer,
  ) => ArrayLike<number>
  readonly read: (view: DataView, at: number, littleEndian: boolean) => number
  /** Whether each number must be looked at, since the dtype has fewer. */
  readonly narrowed?: boolean
}

const i32 = { dtype: 'i32' } as const

type Storage = 'bool' | 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64' | 'f16' | 'bf16' | 'f32' | 'f64'

/** Element types that a file may have. */
export const elements: Readonly<Record<Storage, ElementType>> = {
  bool: { bytes: 1, dtype: 'bool', narrowed: true, read: (view, at) => view.getUint8(at) },
  u8: { ...i32, bytes: 1, native: Uint8Array, read: (view, at) => view.getUint8(at) },
  i8: { ...i32, bytes: 1, native: Int8Array, read: (view, at) => view.getInt8(at) },
  u16: { ...i32, bytes: 2, native: Uint16Array, read: (view, at, little) => view.getUint16(at, little) },
  i16: { ...i32, bytes: 2, native: Int16Array, read: (view, at, little) => view.getInt16(at, little) },
  u32: { ...i32, bytes: 4, narrowed: true, read: (view, at, little) => view.getUint32(at, little) },
  i32: { ...i32, bytes: 4, native: Int32Array, read: (view, at, little) => view.getInt32(at, little) },
  u64: { ...i32, bytes: 8, narrowed: true, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  i64: { ...i32, bytes: 8, narrowed: true, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  f16: { bytes: 2, dtype: 'f32', read: (view, at, little) => fromF16(view.getUint16(at, little)) },
  bf16: { bytes: 2, dtype: 'f32', read: (view, at, little) => fromBF16(view.getUint16(at, little)) },
  f32: { bytes: 4, dtype: 'f32', native: Float32Array, read: (view, at, little) => view.getFloat32(at, little) },
  f64: { bytes: 8, dtype: 'f64', native: Float64Array, read: (view, at, little) => view.getFloat64(at, little) },
}

export const hostIsLittleEndian: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

const arrays = { bool: Uint8Array, i32: Int32Array, f16: Float32Array, f32: Float32Array, f64: Float64Array } as const

export interface Stored {
  readonly shape: Shape
  readonly littleEndian: boolean
  /** Whether the first axis runs fastest, as in Fortran. @default false */
  readonly fortran?: boolean
}

/**
 * A tensor from elements as they lie in a file, of which there must be as many as the shape says. Integers that i32
 * cannot hold, and bytes other than 0 and 1 for bool, are a FormatError, which begins with `where`.
 */
export function tensorOf(where: string, bytes: Uint8Array, type: ElementType, stored: Stored): Tensor {
  const { shape, fortran = false } = stored
  const found = numbersIn(where, bytes, type, stored.littleEndian)
  const data = fortran && shape.length > 1 ? rowMajor(found, shape) : found
  return tensor(data, { shape, dtype: type.dtype })
}

function numbersIn(where: string, bytes: Uint8Array, type: ElementType, littleEndian: boolean): TypedArray {
  const { native: Native, dtype, narrowed = false, read, bytes: width } = type
  if (Native && (width === 1 || littleEndian === hostIsLittleEndian)) {
    // A copy begins where any element may; a Buffer's own slice would be none.
    const stored = new Native(new Uint8Array(bytes).buffer)
    return stored instanceof arrays[dtype] ? stored : new arrays[dtype](stored)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data = new arrays[dtype](bytes.length / width)
  for (let i = 0, at = 0; i < data.length; i++, at += width) {
    const value = read(view, at, littleEndian)
    if (narrowed && (dtype === 'bool' ? value > 1 : (value | 0) !== value))
      throw new FormatError(
        `${where} must hold ${dtype === 'bool' ? 'bytes 0 and 1' : 'integers that i32 can hold'}, got ${value} at position ${i}.` +
          (dtype === 'bool' ? '' : ' Store them as floats.'),
      )
    data[i] = value
  }
  return data
}

/** Elements whose first axis runs fastest, in the order in which the last one does. */
function rowMajor(data: TypedArray, shape: Shape): TypedArray {
  const sorted = data.slice()
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1))
  const index = shape.map(() => 0)
  for (let i = 0, at = 0; i < sorted.length; i++) {
    sorted[i] = data[at] as number
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [n, stride] = [shape[axis] as number, strides[axis] as number]
      at += stride
      index[axis] = (index[axis] as number) + 1
      if (index[axis] !== n) break
      at -= n * stride
      index[axis] = 0
    }
  }
  return sorted
}

/** No program makes more axes than this. */
const mostAxes = 64

/**
 * Product of the sizes; null where they are no sizes of a file: not integers, too many, or so large that even beside an
 * empty axis their product could not be counted in bytes.
 */
export function elementCount(shape: readonly unknown[]): number | null {
  let ofOthers = 1
  let empty = false
  for (const n of shape) {
    if (!isCount(n)) return null
    if (n === 0) empty = true
    else ofOthers *= n
  }
  if (shape.length > mostAxes || !Number.isSafeInteger(ofOthers * 8)) return null
  return empty ? 0 : ofOthers
}

/** Neither a fraction nor negative, be it −0, which text can hold. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0)
}

/** Refuses what is no Uint8Array, such as the ArrayBuffer that `fetch` gives. */
export function checkBytes(fn: string, bytes: unknown): void {
  if (!(bytes instanceof Uint8Array))
    throw new ValueError(
      `${fn}: bytes must be a Uint8Array, got ${bytes === null ? 'null' : typeof bytes === 'object' ? bytes.constructor.name : typeof bytes}. ` +
        'Wrap an ArrayBuffer: new Uint8Array(buffer).',
    )
}
