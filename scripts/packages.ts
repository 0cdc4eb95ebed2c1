import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** The pnpm that the `setup` script in package.json names. */
const pnpm = 'pnpm@12.21.0'

export const root: string = join(import.meta.dirname, '..')

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

export interface Package {
  /** The folder under packages/, such as `core`. */
  readonly folder: string
  readonly path: string
  readonly manifest: Manifest
}

/** Every package that is published, read from packages/. */
export const published: readonly Package[] = readdirSync(join(root, 'packages'))
  .map((folder) => {
    const path = join(root, 'packages', folder)
    return { folder, path, manifest: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest }
  })
  .filter(({ manifest }) => !manifest.private)

/** The path of a tool that a dev dependency of the repository brings. */
export const tool = (name: string): string => join(root, 'node_modules', '.bin', name)

/**
 * Writes `dist` of every package: one .js and one .d.ts per source file.
 * Nothing is checked or resolved here (`npm run check` does that), so the order of packages does not matter.
 */
export function build(): void {
  const options = '--noEmit false --noCheck --noResolve --rewriteRelativeImportExtensions --rootDir src --outDir dist'
  for (const { path } of published) {
    rmSync(join(path, 'dist'), { recursive: true, force: true })
    const { status, stdout } = spawnSync(tool('tsc'), options.split(' '), { cwd: path, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${path} does not build\n${stdout}`)
  }
}

/** Packs every built package into the folder `destination`; the paths of the tarballs by package name. */
export function pack(destination: string): Map<string, string> {
  const these = published.map(({ manifest }) => `--filter=${manifest.name}`)
  const args = ['--yes', pnpm, ...these, 'pack', '--pack-destination', destination]
  execFileSync('npx', args, { cwd: root, stdio: 'pipe' })
  return new Map(
    published.map(({ manifest: { name, version } }) => [
      name,
      join(destination, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`),
    ]),
  )
}
