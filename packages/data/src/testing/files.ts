/** Writers of files for tests, with no code of the readers'. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface NpyFile {
  readonly descr: string
  readonly shape: readonly number[]
  /** In the order of the file. */
  readonly values: readonly number[]
  readonly fortran?: boolean
  readonly version?: number
}

const setters = {
  b1: 'setUint8',
  u1: 'setUint8',
  i1: 'setInt8',
  u2: 'setUint16',
  i2: 'setInt16',
  u4: 'setUint32',
  i4: 'setInt32',
  u8: 'setBigUint64',
  i8: 'setBigInt64',
  f4: 'setFloat32',
  f8: 'setFloat64',
} as const

/** A file .npy. */
export function npyFile({ descr, shape, values, fortran = false, version = 1 }: NpyFile): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  return npyFileOf(
    `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${tuple}), }`,
    bytesOf(descr, values),
    version,
  )
}

/** A file .npy with any header and any bytes. */
export function npyFileOf(header: string, data: ArrayLike<number> = [], version = 1): Uint8Array {
  const start = version === 1 ? 10 : 12
  const padded = `${header.padEnd(Math.ceil((start + header.length + 1) / 64) * 64 - start - 1)}\n`
  const bytes = new Uint8Array(start + padded.length + data.length)
  const view = new DataView(bytes.buffer)
  bytes.set([0x93, 78, 85, 77, 80, 89, version, 0])
  if (version === 1) view.setUint16(8, padded.length, true)
  else view.setUint32(8, padded.length, true)
  for (let i = 0; i < padded.length; i++) bytes[start + i] = padded.charCodeAt(i)
  bytes.set(data, start + padded.length)
  return bytes
}

function bytesOf(descr: string, values: readonly number[]): Uint8Array {
  const kind = descr.slice(1) as keyof typeof setters
  const width = Number(kind[1])
  const view = new DataView(new ArrayBuffer(width * values.length))
  const little = descr[0] !== '>'
  values.forEach((value, i) => {
    const set = setters[kind]
    if (set === 'setBigUint64' || set === 'setBigInt64') view[set](i * width, BigInt(value), little)
    else view[set](i * width, value, little)
  })
  return new Uint8Array(view.buffer)
}

export interface ZipFile {
  readonly name: string
  readonly data: Uint8Array
  readonly deflated?: boolean
}

/** An archive, as NumPy writes it: sizes in the local headers are put off to the directory. */
export function zipFile(files: readonly ZipFile[], comment = ''): Uint8Array {
  const pieces: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const { name, data, deflated = false } of files) {
    const stored = deflated ? deflateRawSync(data) : data
    const text = new TextEncoder().encode(name)
    const common = [...two(deflated ? 8 : 0), ...four(0), ...four(crc32(data))]
    const local = [...four(0x04034b50), ...two(45), ...two(0), ...common, ...four(2 ** 32 - 1), ...four(2 ** 32 - 1)]
    const extra = [...two(1), ...two(16), ...four(data.length), ...four(0), ...four(stored.length), ...four(0)]
    pieces.push(Uint8Array.of(...local, ...two(text.length), ...two(extra.length), ...text, ...extra), stored)
    const entry = [...four(0x02014b50), ...two(45), ...two(45), ...two(0), ...common]
    const sizes = [...four(stored.length), ...four(data.length), ...two(text.length), ...two(0), ...two(0)]
    directory.push(Uint8Array.of(...entry, ...sizes, ...two(0), ...two(0), ...four(0), ...four(offset), ...text))
    offset += local.length + 4 + text.length + extra.length + stored.length
  }
  const size = directory.reduce((total, { length }) => total + length, 0)
  const note = new TextEncoder().encode(comment)
  const counts = [...two(0), ...two(0), ...two(files.length), ...two(files.length)]
  const end = Uint8Array.of(
    ...four(0x06054b50),
    ...counts,
    ...four(size),
    ...four(offset),
    ...two(note.length),
    ...note,
  )
  return joined([...pieces, ...directory, end])
}

/** Bytes one behind the other. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

function two(value: number): number[] {
  return [value & 255, (value >> 8) & 255]
}

function four(value: number): number[] {
  return [...two(value & 0xffff), ...two(Math.floor(value / 0x10000))]
}
