import { showShape, type Tensor } from '@wengert/core'
import { checkBytes, type ElementType, elementCount, elements, tensorOf } from './elements.ts'
import { cut, FormatError } from './formatError.ts'

/** Element types by their code in the third byte of the file. */
const types: ReadonlyMap<number, ElementType> = new Map([
  [8, elements.u8],
  [9, elements.i8],
  [11, elements.i16],
  [12, elements.i32],
  [13, elements.f32],
  [14, elements.f64],
])

/**
 * Reads an IDX file, the format of MNIST: two zero bytes, element type, rank, sizes, elements, all big-endian.
 * Integers of any width become i32, floats stay f32 or f64.
 *
 * @example parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])).dataSync() // 7, 9
 */
export function parseIdx(bytes: Uint8Array): Tensor {
  checkBytes('parseIdx', bytes)
  const [zero, alsoZero, code = 0, rank = 0] = bytes
  if (bytes.length < 4 || zero !== 0 || alsoZero !== 0) throw notIdx(bytes)
  const type = types.get(code)
  if (!type)
    throw new FormatError(
      `parseIdx: byte 2 must be an element type, one of ${[...types.keys()].map(hex).join(', ')}, got ${hex(code)}.`,
    )
  const start = 4 + 4 * rank
  if (bytes.length < start)
    throw new FormatError(
      `parseIdx: header must have ${start} bytes for rank ${rank}, got ${bytes.length}. The file is truncated.`,
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const size = elementCount(shape)
  if (size === null)
    throw new FormatError(
      `parseIdx: sizes must be those of a file, got ${cut(showShape(shape))} in bytes 4 to ${3 + 4 * rank}.`,
    )
  const wanted = start + size * type.bytes
  if (bytes.length !== wanted)
    throw new FormatError(
      `parseIdx: file must have ${wanted} bytes for sizes ${cut(showShape(shape))}, got ${bytes.length}. ` +
        `It is truncated or has something else behind its elements from byte ${start} on.`,
    )
  return tensorOf('parseIdx: file', bytes.subarray(start), type, { shape, littleEndian: false })
}

function notIdx(bytes: Uint8Array): FormatError {
  const start = Array.from(bytes.subarray(0, 4), hex).join(' ') || 'nothing'
  const gzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  return new FormatError(
    `parseIdx: file must start with 00 00, an element type and a rank, got ${start}.${gzip ? ' It is compressed: unpack it with gunzip.' : ''}`,
  )
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
