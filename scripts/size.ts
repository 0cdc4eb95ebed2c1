/** What an import costs: bundled, minified and compressed bytes, against the limits in size.config.json. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from './packages.ts'

interface Entry {
  readonly name: string
  readonly code: string
  /** Packages that are not counted. */
  readonly external?: string[]
  /** Bytes after gzip. */
  readonly limit: number
}

const entries = JSON.parse(readFileSync(join(root, 'size.config.json'), 'utf8')) as Entry[]

for (const { name, code, external = [], limit } of entries) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: join(root, 'examples') },
    conditions: ['@wengert/source'],
    external,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    write: false,
  })
  const bytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
  const ok = bytes <= limit
  console.log(`${ok ? '✓' : '✗'} ${name}: ${bytes} of ${limit} bytes`)
  if (!ok) process.exitCode = 1
}
