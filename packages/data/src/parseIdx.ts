import { type Tensor, type TypedArray, tensor } from '@wengert/core'
import { FormatError } from './formatError.ts'

interface ElementType {
  readonly bytes: number
  readonly array: (size: number) => TypedArray
  readonly read: (view: DataView, offset: number) => number
}

const integers = (size: number): Int32Array => new Int32Array(size)

/** Element types by their code in the third byte of the file. */
const elementTypes: Readonly<Record<number, ElementType>> = {
  8: { bytes: 1, array: integers, read: (view, at) => view.getUint8(at) },
  9: { bytes: 1, array: integers, read: (view, at) => view.getInt8(at) },
  11: { bytes: 2, array: integers, read: (view, at) => view.getInt16(at) },
  12: { bytes: 4, array: integers, read: (view, at) => view.getInt32(at) },
  13: { bytes: 4, array: (size) => new Float32Array(size), read: (view, at) => view.getFloat32(at) },
  14: { bytes: 8, array: (size) => new Float64Array(size), read: (view, at) => view.getFloat64(at) },
}

/**
 * Reads an IDX file, the format of MNIST: two zero bytes, element type, rank, sizes, elements, all big-endian.
 * Integers of any width become i32, floats stay f32 or f64.
 *
 * @example parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])).dataSync() // 7, 9
 */
export function parseIdx(bytes: Uint8Array): Tensor {
  const [zero, alsoZero, code = 0, rank = 0] = bytes
  if (bytes.length < 4 || zero !== 0 || alsoZero !== 0) throw notIdx(bytes)
  const type = elementTypes[code]
  if (!type)
    throw new FormatError(
      `parseIdx: byte 2 must be an element type, one of ${Object.keys(elementTypes).map(hex).join(', ')}, got ${hex(code)}.`,
    )
  const start = 4 + 4 * rank
  if (bytes.length < start)
    throw new FormatError(
      `parseIdx: header must have ${start} bytes for rank ${rank}, got ${bytes.length}. The file is truncated.`,
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const size = elementCount(shape)
  const wanted = start + size * type.bytes
  if (bytes.length !== wanted)
    throw new FormatError(
      `parseIdx: file must have ${wanted} bytes for sizes [${shape.join(', ')}], got ${bytes.length}. ` +
        `It is truncated or has something else behind its elements from byte ${start} on.`,
    )
  const data = type.array(size)
  for (let i = 0, at = start; i < size; i++, at += type.bytes) data[i] = type.read(view, at)
  return tensor(data, { shape })
}

/** Product of the sizes; without the empty axes it must be a safe integer too, or later products of sizes could overflow. */
function elementCount(shape: readonly number[]): number {
  const ofOthers = shape.reduce((product, n) => product * Math.max(n, 1), 1)
  if (!Number.isSafeInteger(ofOthers * 8))
    throw new FormatError(
      `parseIdx: sizes must be those of a file, got [${shape.join(', ')}] in bytes 4 to ${3 + 4 * shape.length}.`,
    )
  return shape.includes(0) ? 0 : ofOthers
}

function notIdx(bytes: Uint8Array): FormatError {
  const start = Array.from(bytes.subarray(0, 4), hex).join(' ') || 'nothing'
  const gzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  return new FormatError(
    `parseIdx: file must start with 00 00, an element type and a rank, got ${start}.${gzip ? ' It is compressed: unpack it with gunzip.' : ''}`,
  )
}

function hex(byte: number | string): string {
  return Number(byte).toString(16).padStart(2, '0')
}
