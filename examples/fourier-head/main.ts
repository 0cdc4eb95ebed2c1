/**
 * Learns a distribution with two humps from few pairs, with a dense last layer and with Fourier heads, and tells how far each is from the true
 * one.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { tensor, useBackend } from '@wengert/core'
import { type Cell, type Place, page } from './page.ts'
import { bins, heads, type Outcome, places, train } from './train.ts'
import { truth } from './truth.ts'

const { values: flags } = parseArgs({
  options: {
    counts: { type: 'string', default: '100,400,1600,6400' },
    steps: { type: 'string', default: '300' },
    seeds: { type: 'string', default: '3' },
    out: { type: 'string', default: 'fourier-head.html' },
  },
})
const counts = flags.counts.split(',').map(Number)
const [steps, seeds] = [Number(flags.steps), Number(flags.seeds)]
for (const n of counts)
  if (!Number.isInteger(n) || n < 10) throw new Error(`--counts must be integers of at least 10, got ${flags.counts}.`)
for (const [flag, n] of [['--steps', steps] as const, ['--seeds', seeds] as const])
  if (!Number.isInteger(n) || n < 1) throw new Error(`${flag} must be an integer of at least 1, got ${n}.`)

useBackend(cpu())
console.log(
  `Divergence from the true distribution in nats, means of ${seeds} seeds: where the pairs held back are fitted best, and`,
)
console.log(`after ${steps} steps\n`)
console.log(`${''.padEnd(18)}${counts.map((count) => `${count} pairs`.padStart(18)).join('')}`)

const shownCount = counts[Math.min(1, counts.length - 1)] as number
const cells: Cell[] = []
const shown = new Map<string, Outcome>()
for (const [name, head] of Object.entries(heads)) {
  for (const count of counts) {
    const runs: Outcome[] = []
    for (let seed = 0; seed < seeds; seed++) runs.push(await train(head, { count, steps, seed }))
    const average = (of: (run: Outcome) => number): number => runs.reduce((sum, run) => sum + of(run), 0) / seeds
    cells.push({ head: name, count, divergence: average((run) => run.divergence), last: average((run) => run.last) })
    if (count === shownCount) shown.set(name, runs[0] as Outcome)
  }
  const row = cells.slice(-counts.length).map(({ divergence, last }) => `${divergence.toFixed(3)} ${last.toFixed(3)}`)
  console.log(`${name.padEnd(18)}${row.map((cell) => cell.padStart(18)).join('')}`)
}

const drawn: Place[] = places.map((x, i) => {
  const curve = (name: string) => ({ name, probabilities: shown.get(name)?.shown[i] ?? [] })
  const wanted = { name: 'true', probabilities: Array.from(truth(tensor([[x]]), bins).dataSync()) }
  // Each head in the hue that it has in all charts.
  return { x, curves: [curve('linear'), wanted, curve('Fourier, N = 8')] }
})
writeFileSync(flags.out, page({ counts, cells, shownCount, places: drawn }))
console.log(`\nDensities: ${resolve(flags.out)}`)
