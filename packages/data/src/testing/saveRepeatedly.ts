/**
 * Saves one version after the other at a path, from the first to the last or until it is killed. Says each version that
 * is saved.
 */
import { type Tensor, tensor } from '@wengert/core'
import { saveSafetensors } from '../node/saveSafetensors.ts'

const [path = '', size, first, last] = process.argv.slice(2)

for (let version = Number(first); version <= Number(last); version++) {
  const part = (): Tensor => tensor(new Float32Array(Number(size)).fill(version))
  await saveSafetensors(path, { parts: Array.from({ length: 64 }, part) }, { version: String(version) })
  process.stdout.write(`${version}\n`)
}
