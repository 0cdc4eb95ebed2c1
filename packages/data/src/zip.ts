import { FormatError, shown } from './formatError.ts'

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string
  /** Bytes as stored and as they come out. */
  readonly stored: Uint8Array
  readonly size: number
  readonly deflated: boolean
  readonly crc: number
}

const endSignature = 0x06054b50
const directorySignature = 0x02014b50
const localSignature = 0x04034b50
const endSize = 22
const longestComment = 0xffff

/** No byte of deflated data stands for more than this many. */
const greatestRatio = 1032

/**
 * The files in a zip archive as its directory lists them, checked but not unpacked: they lie inside the archive, do not
 * overlap, and deflated ones are no smaller than deflation could make them.
 */
export function zipEntries(fn: string, bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = endOf(fn, view)
  const [count, size, start] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ]
  if (count === 0xffff || start === 0xffffffff || size === 0xffffffff)
    throw new FormatError(`${fn}: archive must have fewer than 65535 files and 4 GiB, got one in the form Zip64.`)
  if (view.getUint32(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count)
    throw new FormatError(`${fn}: archive must be in one piece, got a part of several.`)
  if (start + size !== end)
    throw new FormatError(
      `${fn}: directory must end at byte ${end}, where the end of the archive begins, got bytes ${start} to ${start + size}.`,
    )
  const entries: (ZipEntry & { readonly begin: number; readonly end: number })[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== directorySignature)
      throw new FormatError(`${fn}: directory must have ${count} entries, got ${i} up to byte ${at}.`)
    const lengths = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [number, number, number]
    const next = at + 46 + lengths[0] + lengths[1] + lengths[2]
    if (next > end) throw new FormatError(`${fn}: directory must end at byte ${end}, got an entry up to ${next}.`)
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + lengths[0]))
    entries.push(entryAt(fn, view, bytes, at, name, start))
    at = next
  }
  if (at !== end) throw new FormatError(`${fn}: directory must end at byte ${end}, got ${at}.`)
  let before = 0
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin)) {
    if (begin < before)
      throw new FormatError(`${fn}: files of the archive must not overlap, got ${shown(name)} in another.`)
    before = end
  }
  return entries
}

/** Where the record stands that ends an archive: behind it comes nothing but its comment. */
function endOf(fn: string, view: DataView): number {
  for (let at = view.byteLength - endSize; at >= Math.max(0, view.byteLength - endSize - longestComment); at--)
    if (view.getUint32(at, true) === endSignature && at + endSize + view.getUint16(at + 20, true) === view.byteLength)
      return at
  throw new FormatError(
    `${fn}: file must end as a zip archive does, got ${view.byteLength} bytes that do not. It may be truncated.`,
  )
}

function entryAt(
  fn: string,
  view: DataView,
  bytes: Uint8Array,
  at: number,
  name: string,
  directory: number,
): ZipEntry & { begin: number; end: number } {
  const where = `${fn}: ${shown(name)}`
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)]
  const [crc, packed, size] = [16, 20, 24].map((offset) => view.getUint32(at + offset, true)) as [
    number,
    number,
    number,
  ]
  const begin = view.getUint32(at + 42, true)
  if (flags & 1) throw new FormatError(`${where} must not be encrypted, got it so.`)
  if (method !== 0 && method !== 8) throw new FormatError(`${where} must be stored or deflated, got method ${method}.`)
  if ([packed, size, begin].includes(0xffffffff))
    throw new FormatError(`${where} must be smaller than 4 GiB, got it in the form Zip64.`)
  if (begin + 30 > directory || view.getUint32(begin, true) !== localSignature)
    throw new FormatError(`${where} must begin in front of the directory, got byte ${begin}.`)
  const data = begin + 30 + view.getUint16(begin + 26, true) + view.getUint16(begin + 28, true)
  const end = data + packed
  if (end > directory)
    throw new FormatError(`${where} must end in front of the directory at byte ${directory}, got ${end}.`)
  if (method === 0 ? size !== packed : size > greatestRatio * packed)
    throw new FormatError(`${where} must have a size that its ${packed} stored bytes can have, got ${size}.`)
  return { name, stored: bytes.subarray(data, end), size, deflated: method === 8, crc, begin, end }
}

/** The contents of a file, of just the size that the directory declares. */
export async function unpack(fn: string, { name, stored, size, deflated, crc }: ZipEntry): Promise<Uint8Array> {
  const where = `${fn}: ${shown(name)}`
  const bytes = deflated ? await inflate(where, stored, size) : stored
  const sum = crc32(bytes)
  if (sum !== crc)
    throw new FormatError(
      `${where} must have the checksum ${crc.toString(16)}, got ${sum.toString(16)}. The file is damaged.`,
    )
  return bytes
}

/** Bytes that are inflated at a time, so that no host holds much more than what is asked for. */
const piece = 2 ** 16

async function inflate(where: string, stored: Uint8Array, size: number): Promise<Uint8Array> {
  const { readable, writable } = new DecompressionStream('deflate-raw')
  const reader = readable.getReader()
  const written = feed(writable.getWriter(), stored)
  // What is declared may not be there, so room is made as it is needed.
  let bytes = new Uint8Array(Math.min(size, piece))
  let at = 0
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const { value } = read
      const end = at + value.length
      if (end > size) throw new FormatError(`${where} must have ${size} bytes, got more.`)
      if (end > bytes.length) {
        const larger = new Uint8Array(Math.min(size, Math.max(end, 2 * bytes.length)))
        larger.set(bytes)
        bytes = larger
      }
      bytes.set(value, at)
      at = end
    }
  } catch (error) {
    await reader.cancel().catch(() => {})
    if (error instanceof FormatError) throw error
    throw new FormatError(`${where} must be deflated data, got what cannot be inflated.`)
  } finally {
    await written
  }
  if (at !== size) throw new FormatError(`${where} must have ${size} bytes, got ${at}.`)
  return bytes
}

/** Fulfilled in any case: what goes wrong the reader is told. */
async function feed(writer: WritableStreamDefaultWriter<BufferSource>, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; at += piece)
      await writer.write(bytes.subarray(at, at + piece) as Uint8Array<ArrayBuffer>)
    await writer.close()
  } catch {}
}

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1
  return rest
})

function crc32(bytes: Uint8Array): number {
  let sum = -1
  for (const byte of bytes) sum = (sum >>> 8) ^ (crcTable[(sum ^ byte) & 255] as number)
  return ~sum >>> 0
}
