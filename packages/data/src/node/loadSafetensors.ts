import type { Tensor } from '@wengert/core'
import { FormatError } from '../formatError.ts'
import { assemble, type Safetensors, tensorAt } from '../parseSafetensors.ts'
import { headerLength, parseHeader, prefix } from '../safetensorsHeader.ts'
import { readAt, withFile } from './replaceFile.ts'

/**
 * Reads a file of safetensors, one tensor after the other; otherwise as `parseSafetensors`. Errors name the path; those
 * of the system, such as a missing file, come as they are.
 *
 * @example
 * await saveSafetensors(path, { bias: tensor([3]) })
 * restore({ bias: zeros([1]) }, (await loadSafetensors(path)).tree).bias // 3
 */
export async function loadSafetensors(path: string): Promise<Safetensors> {
  const fn = `loadSafetensors: ${path}`
  return withFile(path, 'r', async (file) => {
    const { size } = await file.stat()
    const length = headerLength(fn, await readAt(file, 0, prefix), size)
    const start = prefix + length
    const header = parseHeader(fn, await readAt(file, prefix, length), size - start)
    const tensors: Tensor[] = []
    for (const entry of header.entries) {
      const bytes = await readAt(file, start + entry.begin, entry.end - entry.begin)
      if (bytes.length !== entry.end - entry.begin)
        throw new FormatError(`${fn}: file must keep its size of ${size} bytes while it is read, got less.`)
      tensors.push(tensorAt(fn, entry, bytes))
    }
    return assemble(fn, header, tensors)
  })
}
