/** Trains attention to look things up in short sequences, and asks it about ever longer ones: softmax, and softplus with re-weighting. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { useBackend } from '@wengert/core'
import { page, type Row } from './page.ts'
import { type Answerer, attentions, nearest, type Score, train } from './train.ts'

const { values: flags } = parseArgs({
  options: {
    lengths: { type: 'string', default: '32,64,256,1024,4096' },
    steps: { type: 'string', default: '800' },
    seeds: { type: 'string', default: '3' },
    out: { type: 'string', default: 'length-extrapolation.html' },
  },
})
const lengths = flags.lengths.split(',').map(Number)
const [steps, seeds] = [Number(flags.steps), Number(flags.seeds)]
const ascending = lengths.every((n, i) => Number.isInteger(n) && n > (lengths[i - 1] ?? 1))
if (!ascending || lengths.length < 2)
  throw new Error(`--lengths must be two or more ascending integers of at least 2, got ${flags.lengths}.`)
for (const [flag, n] of [['--steps', steps] as const, ['--seeds', seeds] as const])
  if (!Number.isInteger(n) || n < 1) throw new Error(`${flag} must be an integer of at least 1, got ${n}.`)

useBackend(cpu())
const trained = lengths[0] as number
console.log(`Right answers in percent after ${steps} steps with ${trained} notes, means of ${seeds} seeds\n`)
console.log(`${''.padEnd(26)}${lengths.map((length) => `${length} notes`.padStart(12)).join('')}`)

const rows: Row[] = []
const tell = async (name: string, answerers: readonly Answerer[]): Promise<void> => {
  const scores: Score[] = []
  for (const length of lengths) {
    const found = await Promise.all(answerers.map((answer) => answer(length)))
    const average = (of: (score: Score) => number): number =>
      found.reduce((total, score) => total + of(score), 0) / found.length
    scores.push({ right: average(({ right }) => right), weight: average(({ weight }) => weight) })
  }
  rows.push({ name, scores })
  console.log(`${name.padEnd(26)}${scores.map(({ right }) => (100 * right).toFixed(1).padStart(12)).join('')}`)
}
for (const [name, attend] of Object.entries(attentions)) {
  const answerers: Answerer[] = []
  for (let seed = 0; seed < seeds; seed++) answerers.push(await train(attend, { length: trained, steps, seed }))
  await tell(name, answerers)
}
await tell('the nearest name', [nearest])
writeFileSync(flags.out, page({ trained, lengths, rows }))
console.log(`\nCurves: ${resolve(flags.out)}`)
