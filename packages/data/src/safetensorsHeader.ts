import { type DType, type Shape, showShape } from '@wengert/core'
import { type ElementType, elementCount, elements, isCount } from './elements.ts'
import { cut, FormatError, shown } from './formatError.ts'

/** Where a tensor lies in a file of safetensors. */
export interface Entry {
  readonly name: string
  readonly type: ElementType
  readonly shape: Shape
  /** First byte and the one behind the last, counted from the end of the header. */
  readonly begin: number
  readonly end: number
}

export interface Header {
  readonly entries: readonly Entry[]
  readonly metadata: Readonly<Record<string, string>>
}

const types: ReadonlyMap<string, ElementType> = new Map(
  Object.entries({
    BOOL: elements.bool,
    U8: elements.u8,
    I8: elements.i8,
    U16: elements.u16,
    I16: elements.i16,
    U32: elements.u32,
    I32: elements.i32,
    U64: elements.u64,
    I64: elements.i64,
    F16: elements.f16,
    BF16: elements.bf16,
    F32: elements.f32,
    F64: elements.f64,
  }),
)

/** How tensors are written. */
export const written: Readonly<Record<DType, { readonly name: string; readonly bytes: number }>> = {
  bool: { name: 'BOOL', bytes: 1 },
  i32: { name: 'I32', bytes: 4 },
  f16: { name: 'F16', bytes: 2 },
  f32: { name: 'F32', bytes: 4 },
  f64: { name: 'F64', bytes: 8 },
}

/** Bytes in front of the header, which hold its length. */
export const prefix = 8

/** The limit of the reference implementation. */
export const longestHeader = 100_000_000

/** The length of the header, from the first bytes of a file of `size` bytes. */
export function headerLength(fn: string, start: Uint8Array, size: number): number {
  if (size < prefix) throw new FormatError(`${fn}: file must begin with 8 bytes of header length, got ${size} bytes.`)
  const length = Number(new DataView(start.buffer, start.byteOffset, prefix).getBigUint64(0, true))
  if (length > Math.min(size - prefix, longestHeader))
    throw new FormatError(
      `${fn}: header must end inside the file and have at most ${longestHeader} bytes, got ${length} in a file of ${size}. ` +
        'The file is truncated or holds something else.',
    )
  return length
}

/** Reads a header and checks all that it says of the `size` bytes behind it. Nothing as large as a tensor is made. */
export function parseHeader(fn: string, bytes: Uint8Array, size: number): Header {
  const entries: Entry[] = []
  const metadata = new Map<string, string>()
  for (const [name, field] of fieldsOf(fn, 'header', jsonText(fn, bytes)))
    if (name !== '__metadata__') entries.push(entryOf(fn, name, field))
    else
      for (const [key, text] of fieldsOf(fn, '__metadata__', field)) {
        const value: unknown = JSON.parse(text)
        if (typeof value !== 'string')
          throw new FormatError(`${fn}: __metadata__ must be an object of strings, got ${cut(text)} at ${shown(key)}.`)
        metadata.set(key, value)
      }
  checkPlaces(fn, entries, size)
  return { entries, metadata: Object.fromEntries(metadata) }
}

function entryOf(fn: string, name: string, field: string): Entry {
  const where = `${fn}: tensor ${shown(name)}`
  const fields = fieldsOf(fn, `tensor ${shown(name)}`, field)
  const [dtype, shape, offsets] = ['dtype', 'shape', 'data_offsets'].map((key): unknown => {
    const text = fields.get(key)
    return text === undefined ? undefined : JSON.parse(text)
  })
  const type = types.get(dtype as string)
  if (!type)
    throw new FormatError(
      `${where} must have one of the dtypes ${[...types.keys()].join(', ')}, got ${show(dtype)}. Convert it before it is saved.`,
    )
  const count = Array.isArray(shape) ? elementCount(shape) : null
  if (count === null) throw new FormatError(`${where} must have a shape of sizes, got ${show(shape)}.`)
  const [begin, end, ...more] = Array.isArray(offsets) ? offsets : []
  if (!isCount(begin) || !isCount(end) || more.length > 0)
    throw new FormatError(`${where} must have two data_offsets, got ${show(offsets)}.`)
  if (end - begin !== count * type.bytes)
    throw new FormatError(
      `${where} must have ${count * type.bytes} bytes for ${dtype} ${cut(showShape(shape as Shape))}, got offsets ${showShape([begin, end])}.`,
    )
  return { name, type, shape: shape as Shape, begin, end }
}

/** Tensors must fill the bytes behind the header, each where the one before ends. */
function checkPlaces(fn: string, entries: readonly Entry[], size: number): void {
  let at = 0
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw new FormatError(
        `${fn}: tensor ${shown(name)} must begin at byte ${at}, where the one before it ends, got ${begin}. ` +
          `Tensors ${begin < at ? 'overlap' : 'leave a hole'}.`,
      )
    at = end
  }
  if (at !== size)
    throw new FormatError(
      `${fn}: file must have ${at} bytes behind its header, got ${size}. It is truncated or has something else behind its tensors.`,
    )
}

function show(value: unknown): string {
  return cut(JSON.stringify(value) ?? 'nothing')
}

/** Text that is JSON. */
function jsonText(fn: string, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    JSON.parse(text)
    return text
  } catch (error) {
    throw new FormatError(`${fn}: header must be JSON in UTF-8, got ${shown((error as Error).message)}.`)
  }
}

/**
 * The values of an object as JSON, by their keys, from text that is JSON. JSON.parse would merge equal keys silently, and V8's
 * takes "\\"" for a backslash where it has met an object with that key (seen in Node 24).
 */
function fieldsOf(fn: string, what: string, text: string): Map<string, string> {
  const found = new Map<string, string>()
  let at = afterSpace(text, 0)
  if (text[at] !== '{') throw new FormatError(`${fn}: ${what} must be an object, got ${cut(text)}.`)
  for (at = afterSpace(text, at + 1); text[at] !== '}'; ) {
    const end = afterString(text, at)
    const key = JSON.parse(text.slice(at, end)) as string
    if (found.has(key) || key === '__proto__')
      throw new FormatError(`${fn}: header must name each thing once and nothing __proto__, got ${shown(key)}.`)
    const start = afterSpace(text, afterSpace(text, end) + 1)
    at = afterValue(text, start)
    found.set(key, text.slice(start, at))
    at = afterSpace(text, at)
    if (text[at] === ',') at = afterSpace(text, at + 1)
  }
  return found
}

function afterSpace(text: string, at: number): number {
  let end = at
  while (/\s/.test(text[end] ?? '')) end++
  return end
}

/** Behind the string that begins at a position. */
function afterString(text: string, at: number): number {
  let end = at + 1
  for (; text[end] !== '"'; end++) if (text[end] === '\\') end++
  return end + 1
}

/** Behind the value that begins at a position and stands in an object. */
function afterValue(text: string, at: number): number {
  let depth = 0
  for (let end = at; ; ) {
    const c = text[end] as string
    if (depth === 0 && (c === ',' || c === '}')) return end
    if (c === '{' || c === '[') depth++
    else if (c === '}' || c === ']') depth--
    end = c === '"' ? afterString(text, end) : end + 1
  }
}
