/**
 * Prints tables of the CPU backend beside jax-js and TensorFlow.js on WebAssembly, in this one process, with one thread each.
 *
 * `node --conditions=@wengert/source benchmarks/cpu/main.ts [names] [--rounds 7] [--markdown] [--profile]` runs all tables or those
 * that are named. `--markdown` prints them as they stand in docs/benchmarks.md; `--profile` shows where our time goes.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { useBackend } from '@wengert/core'
import { attentionTables } from './attention.ts'
import { conv2dTables } from './conv2d.ts'
import { crossEntropyTables } from './crossEntropy.ts'
import { embeddingTables } from './embedding.ts'
import { showHotSpots } from './hotSpots.ts'
import { layerNormTables } from './layerNorm.ts'
import { machine } from './machine.ts'
import { matmulTables, threadTables } from './matmul.ts'
import type { MeasureOptions } from './measure.ts'
import { mlpTables } from './mlp.ts'
import { backend } from './ours.ts'
import { productTables } from './products.ts'
import { smallMatmulTables } from './smallMatmul.ts'
import { sortTables } from './sort.ts'
import { asMarkdown, asText, type Table } from './table.ts'

const { values: flags, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    markdown: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const options: MeasureOptions = { rounds: Number(flags.rounds), ...(flags.profile && { watch: showHotSpots }) }

const printing =
  (tables: (options: MeasureOptions) => AsyncGenerator<Table>): (() => Promise<void>) =>
  async () => {
    for await (const table of tables(options)) console.log(`\n${flags.markdown ? asMarkdown(table) : asText(table)}`)
  }

/** What prints tables of its own. */
const quoting =
  (title: string, print: () => Promise<void> | void): (() => Promise<void>) =>
  async () => {
    console.log(flags.markdown ? `\n### ${title}\n\n\`\`\`text` : `\n${title}`)
    await print()
    if (flags.markdown) console.log('```')
  }

const parts: Readonly<Record<string, () => Promise<void>>> = {
  matmul: printing(matmulTables),
  products: printing(productTables),
  smallMatmul: printing(smallMatmulTables),
  mlp: printing(mlpTables),
  attention: printing(attentionTables),
  crossEntropy: printing(crossEntropyTables),
  conv2d: printing(conv2dTables),
  layerNorm: printing(layerNormTables),
  embedding: printing(embeddingTables),
  sort: printing(sortTables),
  gpt: quoting('Training step of a small transformer of characters; goal: jax-js jit ≥ 2.5×', () => {
    const script = fileURLToPath(new URL('../gpt.ts', import.meta.url))
    execFileSync(process.execPath, ['--conditions=@wengert/source', script, flags.rounds], { stdio: 'inherit' })
  }),
  threads: printing(threadTables),
  // Last and loaded late: it moves both peers to other backends.
  gradientCheck: quoting('Gradient check of 12 inputs; goal: gradientChecker ≤ 20 µs', async () => {
    const { benchmarkGradientCheck } = await import('../gradientCheck.ts')
    useBackend(backend)
    await benchmarkGradientCheck([12])
  }),
}

const unknown = positionals.filter((name) => !(name in parts))
if (unknown.length > 0)
  throw new Error(`benchmarks/cpu: names must be of ${Object.keys(parts).join(', ')}, got ${unknown.join(', ')}.`)
console.log(machine())
for (const [name, print] of Object.entries(parts))
  if (positionals.length === 0 || positionals.includes(name)) await print()
