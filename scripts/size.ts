/**
 * What an import costs: bundled, minified and compressed bytes, against the limits in size.config.json. Every export of
 * @wengert/losses has a row, made here.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build } from 'esbuild'
import { root } from './packages.ts'

interface Entry {
  readonly name: string
  readonly code: string
  /** Packages that are not counted. */
  readonly external?: string[]
  /** Bytes after gzip. */
  readonly limit: number
}

interface Config {
  readonly entries: readonly Entry[]
  /** Each export of @wengert/losses, beyond core. */
  readonly losses: {
    readonly limit: number
    readonly exceptions: Readonly<Record<string, { readonly limit: number; readonly why: string }>>
  }
}

const { entries, losses } = JSON.parse(readFileSync(join(root, 'size.config.json'), 'utf8')) as Config

const options = {
  conditions: ['@wengert/source'],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2023',
  write: false,
} satisfies BuildOptions

/** Bytes after gzip of a program. */
async function sizeOf(code: string, external: string[] = []): Promise<number> {
  const stdin = { contents: code, resolveDir: join(root, 'examples') }
  const { outputFiles } = await build({ ...options, stdin, external })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}

/** Names of the values that a package exports. */
async function exportsOf(entry: string): Promise<readonly string[]> {
  const { metafile } = await build({
    ...options,
    entryPoints: [join(root, entry)],
    external: ['@wengert/*'],
    metafile: true,
  })
  return Object.values(metafile.outputs).flatMap((output) => output.exports)
}

function fail(problem: string): void {
  console.log(`✗ ${problem}`)
  process.exitCode = 1
}

for (const { name, code, external, limit } of entries) {
  const bytes = await sizeOf(code, external)
  if (bytes > limit) fail(`${name}: ${bytes} of ${limit} bytes`)
  else console.log(`✓ ${name}: ${bytes} of ${limit} bytes`)
}

/** By how much an export of @wengert/losses makes a program larger that has what the export needs of core. */
async function growth(name: string): Promise<number> {
  const stdin = { contents: `export { ${name} } from '@wengert/losses'`, resolveDir: join(root, 'examples') }
  const alone = await build({ ...options, stdin, external: ['@wengert/core'] })
  const imports = (alone.outputFiles[0]?.text ?? '').matchAll(/import\{([^}]*)\}from"@wengert\/core"/g)
  const needed = new Set([...imports].flatMap(([, list]) => (list as string).split(',').map((x) => x.split(' as ')[0])))
  const core = `export { ${[...needed].join(', ')} } from '@wengert/core'`
  return (await sizeOf(`${core}\n${stdin.contents}`)) - (await sizeOf(core))
}

const names = await exportsOf('packages/losses/src/index.ts')
const rows = await Promise.all(names.map(async (name) => ({ name, bytes: await growth(name) })))

console.log(`\nEach export of @wengert/losses, beyond core, of ${losses.limit} bytes:`)
for (const { name, bytes } of rows.sort((a, b) => b.bytes - a.bytes)) {
  const exception = losses.exceptions[name]
  const limit = exception?.limit ?? losses.limit
  const line = `${String(bytes).padStart(5)} ${name}${exception ? ` (of ${limit}: ${exception.why})` : ''}`
  if (bytes > limit) fail(line)
  else console.log(`✓ ${line}`)
  if (exception && bytes <= losses.limit) fail(`${name} needs its exception no more`)
}
for (const name of Object.keys(losses.exceptions))
  if (!names.includes(name)) fail(`${name} is excepted, but not exported`)
