import { type Metadata, safetensorsParts } from '../formatSafetensors.ts'
import { replaceFile } from './replaceFile.ts'

/**
 * Saves a tree of tensors at a path, as `formatSafetensors` writes it. The file is replaced as a whole: whenever the
 * process is killed, what is at the path is the file before or the new one. After the promise is fulfilled the new one
 * is on disk, as far as the system tells. A killed process may leave a file `.<name>.<random>.tmp` beside it, which is
 * nobody's and may be deleted.
 *
 * @example
 * await saveSafetensors(path, { weight: tensor([1, 2]) }, { epoch: '3' })
 * const { tree } = await loadSafetensors(path)
 * leaves(tree)[0] // 1, 2
 */
export async function saveSafetensors(path: string, tree: unknown, metadata: Metadata = {}): Promise<void> {
  await replaceFile(path, await safetensorsParts('saveSafetensors', tree, metadata))
}
