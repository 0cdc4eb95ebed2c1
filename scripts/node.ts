/** The Node that users have, beside the one that the repository brings. */
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

/** The PATH of a user: the tools of this repository and its own Node are not on it. */
export const userPath: string = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter)

/** The path of a Node 20, the oldest that published packages support; null where there is none. */
export function node20(): string | null {
  const candidates = [process.env.NODE20, ...userPath.split(delimiter).map((folder) => join(folder, 'node'))]
  const version = (path: string) => spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout
  return candidates.find((path) => path && version(path)?.startsWith('v20.')) ?? null
}
