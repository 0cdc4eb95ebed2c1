import type { Shape, Tensor } from '@wengert/core'
import { checkBytes, type ElementType, elementCount, elements, tensorOf } from './elements.ts'
import { cut, FormatError, shown } from './formatError.ts'

/** Element types by their letter and width in NumPy's notation. */
const types: ReadonlyMap<string, ElementType> = new Map(
  Object.entries({
    b1: elements.bool,
    u1: elements.u8,
    i1: elements.i8,
    u2: elements.u16,
    i2: elements.i16,
    u4: elements.u32,
    i4: elements.i32,
    u8: elements.u64,
    i8: elements.i64,
    f2: elements.f16,
    f4: elements.f32,
    f8: elements.f64,
  }),
)

const magic = [0x93, ...new TextEncoder().encode('NUMPY')]

/** Nothing that describes one array is longer. */
const longestHeader = 2 ** 16

/**
 * Reads an array that NumPy saved: a file .npy. Take `parseNpz` for several in one.
 *
 * Bool, i32, f32 and f64 keep their types, f16 becomes f32, and other integers i32, where it can hold the values.
 * Either order of bytes and either order of axes is read; the tensor's is row-major.
 * Errors: a FormatError for structured dtypes, complex numbers, text and pickled objects, and for anything that is not
 * as the format says, before an array is made.
 * Source: NumPy's format specification, numpy.lib.format, versions 1 to 3.
 *
 * @example
 * const file = "\x93NUMPY\x01\0\x37\0{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}\x07\x09"
 * parseNpy(Uint8Array.from(file, (character) => character.charCodeAt(0))) // 7, 9
 */
export function parseNpy(bytes: Uint8Array): Tensor {
  checkBytes('parseNpy', bytes)
  return npyTensor('parseNpy', bytes)
}

/** The tensor of a file, or of a part of one that `where` names. */
export function npyTensor(where: string, bytes: Uint8Array): Tensor {
  const { length, start } = headerOf(where, bytes)
  const encoding = bytes[6] === 3 ? 'utf-8' : 'latin1'
  const { descr, fortran, shape } = fieldsIn(
    where,
    new TextDecoder(encoding).decode(bytes.subarray(start, start + length)),
  )
  const type = types.get(descr.slice(1))
  if (!type || !/^[<>=|]/.test(descr))
    throw new FormatError(
      `${where}: descr must be one of the types ${[...types.keys()].join(', ')} after <, > or |, got ${shown(descr)}. ` +
        'Save it with astype(…).',
    )
  const count = elementCount(shape)
  if (count === null) throw new FormatError(`${where}: shape must consist of sizes, got (${shown(shape.join(', '))}).`)
  const data = bytes.subarray(start + length)
  if (data.length !== count * type.bytes)
    throw new FormatError(
      `${where}: file must have ${count * type.bytes} bytes for ${descr} (${cut(shape.join(', '))}) behind its header, got ${data.length}. ` +
        'It is truncated or has something else behind its elements.',
    )
  return tensorOf(`${where}: array`, data, type, { shape, fortran, littleEndian: descr[0] !== '>' })
}

/** Where the header begins and how long it is. */
function headerOf(where: string, bytes: Uint8Array): { start: number; length: number } {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte))
    throw new FormatError(
      `${where}: file must begin with 93 and NUMPY, got ${[...bytes.subarray(0, 6)].map((b) => b.toString(16).padStart(2, '0')).join(' ') || 'nothing'}.` +
        (bytes[0] === 80 && bytes[1] === 75 ? ' It is an archive: use parseNpz.' : ''),
    )
  const version = bytes[6] as number
  if (version < 1 || version > 3) throw new FormatError(`${where}: version must be 1, 2 or 3, got ${version}.`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = version === 1 ? 10 : 12
  const length = version === 1 ? view.getUint16(8, true) : bytes.length < 12 ? Infinity : view.getUint32(8, true)
  if (length > Math.min(longestHeader, bytes.length - start))
    throw new FormatError(
      `${where}: header must end inside the file and have at most ${longestHeader} bytes, got ${length} in a file of ${bytes.length}.`,
    )
  return { start, length }
}

interface Fields {
  readonly descr: string
  readonly fortran: boolean
  readonly shape: Shape
}

/** Pieces of a dictionary in Python's notation. None can be read in two ways, so that no text takes long to refuse. */
const token = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d+)L?|(True|False)|([{}()[\]:,]))\s*/y

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, with the keys in any order. */
function fieldsIn(where: string, text: string): Fields {
  let at = 0
  const fail = (wanted: string): FormatError =>
    new FormatError(`${where}: header must hold ${wanted}, got ${shown(text.slice(at), 40)} at its character ${at}.`)
  const next = (): { readonly text: string; readonly kind: 'text' | 'number' | 'boolean' | 'mark' | 'end' } => {
    token.lastIndex = at
    const match = token.exec(text)
    if (!match) return { text: '', kind: 'end' }
    const [whole, single, double, number, boolean, mark] = match
    at += whole.length
    if (number !== undefined) return { text: number, kind: 'number' }
    if (boolean !== undefined) return { text: boolean, kind: 'boolean' }
    return mark === undefined ? { text: (single ?? double) as string, kind: 'text' } : { text: mark, kind: 'mark' }
  }
  const expect = (mark: string): void => {
    const before = at
    if (next().text === mark) return
    at = before
    throw fail(`a ${mark}`)
  }
  const shapeAt = (): number[] => {
    const shape: number[] = []
    expect('(')
    for (let { text, kind } = next(); text !== ')'; { text, kind } = next()) {
      if (kind !== 'number') throw fail('a tuple of sizes for shape')
      shape.push(Number(text))
      const before = at
      if (next().text !== ',') {
        at = before
        // A tuple of one has a comma.
        if (shape.length === 1) throw fail('a tuple of sizes for shape')
      }
    }
    return shape
  }
  const found: { descr?: string; fortran?: boolean; shape?: number[] } = {}
  expect('{')
  for (let key = next(); key.text !== '}'; key = next()) {
    expect(':')
    if (key.text === 'descr' && found.descr === undefined) {
      const { text, kind } = next()
      if (text === '[')
        throw new FormatError(
          `${where}: dtype must be of plain numbers, got a structured one. Save each field as an array of its own.`,
        )
      if (kind !== 'text') throw fail('text for descr')
      found.descr = text
    } else if (key.text === 'fortran_order' && found.fortran === undefined) {
      const { text, kind } = next()
      if (kind !== 'boolean') throw fail('True or False for fortran_order')
      found.fortran = text === 'True'
    } else if (key.text === 'shape' && !found.shape) found.shape = shapeAt()
    else throw fail('descr, fortran_order and shape, each once')
    const before = at
    if (next().text !== ',') at = before
  }
  const { descr, fortran, shape } = found
  if (descr === undefined || fortran === undefined || !shape || text.slice(at).trim() !== '')
    throw fail('descr, fortran_order and shape, each once')
  return { descr, fortran, shape }
}
