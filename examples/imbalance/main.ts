/**
 * Trains on cells of which few are malignant, once with each loss, and tells which metric each loss wins: losses made of a metric
 * against cross-entropy and focal loss.
 */
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { useBackend } from '@wengert/core'
import { loadCells } from './cells.ts'
import { objectivesWith } from './losses.ts'
import { metrics, type Scores, scoresOf } from './scores.ts'
import { train } from './train.ts'

const { values: flags } = parseArgs({
  options: {
    share: { type: 'string', default: '0.1' },
    hidden: { type: 'string', default: '0' },
    L: { type: 'string', default: '73' },
    steps: { type: 'string', default: '300' },
    seeds: { type: 'string', default: '10' },
  },
})
const [share, hidden, L] = [flags.share, flags.hidden, flags.L].map(Number) as [number, number, number]
const [steps, seeds] = [Number(flags.steps), Number(flags.seeds)]
if (!(share > 0 && share <= 1)) throw new Error(`--share must be greater than 0 and at most 1, got ${flags.share}.`)
if (!(Number.isInteger(hidden) && hidden >= 0))
  throw new Error(`--hidden must be an integer of at least 0, got ${flags.hidden}.`)
if (!(L > 0 && Number.isFinite(L))) throw new Error(`--L must be a finite number greater than 0, got ${flags.L}.`)
for (const [flag, n] of [['--steps', steps] as const, ['--seeds', seeds] as const])
  if (!Number.isInteger(n) || n < 1) throw new Error(`${flag} must be an integer of at least 1, got ${n}.`)

useBackend(cpu())
const splits = Array.from({ length: seeds }, (_, seed) => loadCells(share, seed))
const [{ train: first, test }] = splits as [(typeof splits)[number]]
const count = (labels: ArrayLike<number>): number => Array.from(labels).filter(Boolean).length
const truth = test.malignant.dataSync()
console.log(`${first.malignant.shape} cells to learn from, ${count(first.malignant.dataSync())} of them malignant,`)
console.log(
  `${truth.length} to test with, ${count(truth)} malignant, each of which counts as ${share}; ${steps} steps, means of`,
)
console.log(`${seeds} seeds in percent, the greatest of each metric with a star\n`)

const rows: [name: string, scores: Scores][] = []
for (const [name, objective] of Object.entries(objectivesWith(L))) {
  const runs: Scores[] = []
  for (const [seed, split] of splits.entries())
    runs.push(scoresOf(await train(split.train, split.test, objective, { hidden, steps, seed }), truth, share))
  const average = (metric: keyof Scores): number => runs.reduce((sum, run) => sum + run[metric], 0) / seeds
  rows.push([
    name,
    Object.fromEntries(metrics.map((metric) => [metric, average(metric)])) as Record<keyof Scores, number>,
  ])
}
const most = (metric: keyof Scores): number => Math.max(...rows.map(([, scores]) => scores[metric]))
console.log(`${''.padEnd(26)}${metrics.map((metric) => metric.padStart(Math.max(metric.length, 5) + 2)).join('')}`)
for (const [name, scores] of rows) {
  const cell = (metric: keyof Scores): string =>
    `${(100 * scores[metric]).toFixed(1)}${scores[metric] === most(metric) ? '*' : ' '}`.padStart(
      Math.max(metric.length, 5) + 2,
    )
  console.log(`${name.padEnd(26)}${metrics.map(cell).join('')}`)
}
console.log()
for (const metric of metrics) {
  const winners = rows.filter(([, scores]) => scores[metric] === most(metric)).map(([name]) => name)
  console.log(`${metric} is won by ${winners.join(' and ')}`)
}
