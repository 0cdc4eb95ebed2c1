import { randomUUID } from 'node:crypto'
import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Writes a file that is either there as a whole or not at all: to a new file in the same folder, which then takes the
 * place of the old one. Whoever reads meanwhile reads the old one. What a killed process leaves behind is the new file
 * under its first name, `.<name>.<random>.tmp`.
 */
export async function replaceFile(path: string, parts: readonly Uint8Array[]): Promise<void> {
  // A link stays a link.
  const target = await realpath(path).catch(() => path)
  const folder = dirname(target)
  const temporary = join(folder, `.${basename(target)}.${randomUUID()}.tmp`)
  try {
    await withFile(temporary, 'wx', async (file) => {
      for (const part of parts) await writeAll(file, part)
      // The name must not become known to the disk before the bytes.
      await file.sync()
    })
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  // Windows has no handles of folders.
  if (process.platform !== 'win32') await withFile(folder, 'r', (handle) => handle.sync())
}

export async function withFile<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags)
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

/** One call may write, or read, less than it is asked to, and never more than this. */
const atOnce = 2 ** 30

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(bytes.length - at, atOnce))
    at += bytesWritten
  }
}

/** `length` bytes from a position on; fewer where the file ends before. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let at = 0
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, Math.min(length - at, atOnce), position + at)
    if (bytesRead === 0) break
    at += bytesRead
  }
  return bytes.subarray(0, at)
}
