/**
 * Trains on digits of which many are labelled wrong, with the samples of each batch weighted by their losses in several ways, and
 * draws what that does to the test accuracy and how much the wrong labels weigh.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { fold, key, useBackend } from '@wengert/core'
import { flipped, loadDigits } from '../noisy-labels/digits.ts'
import { columns, page, type Run, row } from './page.ts'
import { type Epoch, type Settings, train } from './train.ts'

const { values: flags } = parseArgs({
  options: {
    noise: { type: 'string', default: '0.4' },
    epochs: { type: 'string', default: '40' },
    burnout: { type: 'string', default: '5' },
    r: { type: 'string', default: '0.5' },
    seeds: { type: 'string', default: '3' },
    out: { type: 'string', default: 'reweighting.html' },
  },
})
const [noise, epochs, burnout, r, seeds] = [flags.noise, flags.epochs, flags.burnout, flags.r, flags.seeds].map(
  Number,
) as [number, number, number, number, number]
if (!(noise >= 0 && noise < 1)) throw new Error(`--noise must be at least 0 and less than 1, got ${flags.noise}.`)
if (!(r > 0)) throw new Error(`--r must be greater than 0, got ${flags.r}.`)
for (const [flag, n, least] of [
  ['epochs', epochs, 1] as const,
  ['burnout', burnout, 0] as const,
  ['seeds', seeds, 1] as const,
])
  if (!Number.isInteger(n) || n < least) throw new Error(`--${flag} must be an integer of at least ${least}, got ${n}.`)

useBackend(cpu())
const digits = loadDigits()
const labelled = [noise, 0].map((share) =>
  Array.from({ length: seeds }, (_, seed) => flipped(digits.train.labels, share, fold(key(seed), 1e6))),
)
const strategies: readonly Settings['strategy'][] = ['uniform', 'linUpper', 'quadratic', 'extremes']

/** Means over seeds, epoch by epoch. */
function averaged(outcomes: readonly (readonly Epoch[])[]): readonly Epoch[] {
  const mean = (epoch: number, of: (found: Epoch) => number): number =>
    outcomes.reduce((total, found) => total + of(found[epoch] as Epoch), 0) / outcomes.length
  return Array.from({ length: epochs }, (_, epoch) => ({
    accuracy: mean(epoch, (found) => found.accuracy),
    wrongWeight: mean(epoch, (found) => found.wrongWeight),
  }))
}

const runs: Run[] = []
for (const strategy of strategies) {
  const [noisy = [], clean = []] = await Promise.all(
    labelled.map(async (sets) => {
      const outcomes: (readonly Epoch[])[] = []
      for (const [seed, given] of sets.entries())
        outcomes.push(await train(digits.train, given, digits.test, { strategy, r, burnout, epochs, seed }))
      return averaged(outcomes)
    }),
  )
  runs.push({ strategy, noisy, clean })
}

const head = ['', ...columns(noise)]
const rows = runs.map((run) => row(run))
const widths = head.map((title, i) => Math.max(title.length, ...rows.map((cells) => (cells[i] as string).length)))
for (const cells of [head, ...rows])
  console.log(
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[0] as number) : cell.padStart((widths[i] as number) + 2)))
      .join(''),
  )
writeFileSync(flags.out, page({ noise, epochs, burnout, r, seeds, runs }))
console.log(`\nCharts: ${resolve(flags.out)}`)
