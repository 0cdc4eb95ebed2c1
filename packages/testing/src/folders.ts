import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))

/** Golden files of losses, layers and estimators: the project's, or those in the folder WENGERT_GOLDEN. */
export const goldenFolder: string = process.env.WENGERT_GOLDEN ?? join(fixtures, 'golden')

/** Golden files of core's ops: the project's, or those in the folder WENGERT_GOLDEN_OPS. */
export const goldenOpsFolder: string = process.env.WENGERT_GOLDEN_OPS ?? join(fixtures, 'golden-ops')

/** The texts of a folder's JSON files, by their names without `.json`, in order. */
export function readFolder(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return new Map(names.sort().map((file) => [file.slice(0, -'.json'.length), readFileSync(join(folder, file), 'utf8')]))
}
