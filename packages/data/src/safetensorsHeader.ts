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
  const fields = Object.entries(jsonIn(fn, bytes))
  const metadata = fields.find(([name]) => name === '__metadata__')?.[1] ?? {}
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string'))
    throw new FormatError(`${fn}: __metadata__ must be an object of strings, got ${show(metadata)}.`)
  const entries = fields.filter(([name]) => name !== '__metadata__').map(([name, field]) => entryOf(fn, name, field))
  checkPlaces(fn, entries, size)
  return { entries, metadata: metadata as Record<string, string> }
}

function entryOf(fn: string, name: string, field: unknown): Entry {
  const where = `${fn}: tensor ${shown(name)}`
  if (!isObject(field)) throw new FormatError(`${where} must be described by an object, got ${show(field)}.`)
  const { dtype, shape, data_offsets: offsets } = field
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  return cut(JSON.stringify(value) ?? 'nothing')
}

function jsonIn(fn: string, bytes: Uint8Array): Record<string, unknown> {
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (error) {
    throw new FormatError(`${fn}: header must be JSON in UTF-8, got ${shown((error as Error).message)}.`)
  }
  if (!isObject(value)) throw new FormatError(`${fn}: header must be a JSON object, got ${show(value)}.`)
  checkKeys(fn, text)
  return value
}

/** Refuses keys that JSON.parse would merge silently, in text that it has read. */
function checkKeys(fn: string, text: string): void {
  const objects: Set<string>[] = []
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') objects.push(new Set())
    else if (text[at] === '}') objects.pop()
    if (text[at] !== '"') continue
    const start = at
    for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++
    let next = at + 1
    while (/\s/.test(text[next] as string)) next++
    if (text[next] !== ':') continue
    const key = JSON.parse(text.slice(start, at + 1)) as string
    const keys = objects.at(-1) as Set<string>
    if (keys.has(key) || key === '__proto__')
      throw new FormatError(`${fn}: header must name each thing once and nothing __proto__, got ${shown(key)}.`)
    keys.add(key)
  }
}
