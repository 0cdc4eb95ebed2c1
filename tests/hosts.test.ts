/** The conformance kit in hosts that lack something, each as real as flags of Node make it. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { node20 } from '../scripts/node.ts'
import { root } from '../scripts/packages.ts'
import type { Host } from './host.ts'

const old = node20()

interface Row {
  /** @default the Node that runs this test */
  readonly node?: string | null
  readonly flags?: readonly string[]
  /** What such a host is, where it differs from one that has everything. */
  readonly lacks?: Partial<Host>
}

const moreThan = (least: number): number => expect.toSatisfy((n: number) => n > least)

const everything: Host = {
  evaluates: true,
  sharedMemory: true,
  webAssembly: true,
  simd: true,
  fused: true,
  modules: moreThan(100),
  threads: 1,
  cases: moreThan(300),
  failures: [],
}

const noVectors: Partial<Host> = { simd: false, fused: false, modules: 0, threads: 0 }

const hosts: Record<string, Row> = {
  'Node 24 that runs no strings': {
    flags: ['--disallow-code-generation-from-strings'],
    lacks: { evaluates: false },
  },
  'Node 24 without shared memory': {
    flags: ['--enable-sharedarraybuffer-per-context'],
    lacks: { sharedMemory: false, threads: 0 },
  },
  // V8 has vectors on x64 from SSE 4.1 on; other processors always have them.
  ...(process.arch === 'x64' && {
    'Node 24 without SIMD': { flags: ['--no-enable-sse4-1'], lacks: noVectors },
  }),
  'Node 24 without WebAssembly': { flags: ['--jitless'], lacks: { ...noVectors, webAssembly: false } },
  'Node 20, which has no relaxed SIMD': { node: old, lacks: { fused: false } },
  'Node 20 with relaxed SIMD': { node: old, flags: ['--experimental-wasm-relaxed-simd'] },
}

let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wengert-hosts-'))
  await build({
    // The second is what a thread runs; it is looked for beside the first.
    entryPoints: ['tests/host.ts', 'packages/backend-cpu/src/wasm/worker.ts'].map((path) => join(root, path)),
    entryNames: '[name]',
    outdir: folder,
    conditions: ['@wengert/source'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2023',
  })
})

afterAll(() => rmSync(folder, { recursive: true }))

for (const [name, { node = process.execPath, flags = [], lacks }] of Object.entries(hosts))
  test.skipIf(node === null)(`${name} passes`, { timeout: 300_000, concurrent: true }, async () => {
    const { stdout } = await promisify(execFile)(node as string, [...flags, join(folder, 'host.js')])
    expect(JSON.parse(stdout)).toEqual({ ...everything, ...lacks })
  })
