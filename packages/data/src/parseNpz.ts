import { checkCount, type Tensor } from '@wengert/core'
import { checkBytes } from './elements.ts'
import { FormatError, shown } from './formatError.ts'
import { npyTensor } from './parseNpy.ts'
import { unpack, zipEntries } from './zip.ts'

export interface NpzOptions {
  /**
   * Bytes that the arrays may have together once unpacked; small files can claim a thousand times their size.
   * @default 2 ** 30
   */
  readonly limit?: number
}

/**
 * Reads the arrays that `numpy.savez` or `savez_compressed` saved: a file .npz, by name. Each is read as by `parseNpy`.
 *
 * Errors: a FormatError where the archive or an array is not as it should be; where the arrays together would be larger
 * than `limit`, before any is unpacked; where one is larger than the directory says, as soon as that shows; where a
 * checksum is wrong.
 * Source: the zip format (APPNOTE of PKWARE), without Zip64, encryption and parts; NumPy's format specification.
 *
 * @example
 * const arrays = await parseNpz(Uint8Array.of(80, 75, 5, 6, ...new Array(18).fill(0)))
 * Object.keys(arrays).length // 0
 */
export async function parseNpz(
  bytes: Uint8Array,
  { limit = 2 ** 30 }: NpzOptions = {},
): Promise<Record<string, Tensor>> {
  const fn = 'parseNpz'
  checkBytes(fn, bytes)
  checkCount(fn, 'limit', limit, 0)
  const entries = zipEntries(fn, bytes)
  const total = entries.reduce((sum, { size }) => sum + size, 0)
  if (total > limit)
    throw new FormatError(
      `${fn}: arrays must have at most ${limit} bytes together, got ${total}. If the file is to be trusted, raise { limit }.`,
    )
  const arrays = new Map<string, Tensor>()
  for (const entry of entries) {
    const name = entry.name.replace(/\.npy$/, '')
    if (name === entry.name || name === '__proto__' || arrays.has(name))
      throw new FormatError(
        `${fn}: files of the archive must be arrays <name>.npy of different names, got ${shown(entry.name)}.`,
      )
    arrays.set(name, npyTensor(`${fn}: ${shown(entry.name)}`, await unpack(fn, entry)))
  }
  return Object.fromEntries(arrays)
}
