/** Trains a small network with every loss for classifiers on three small tables, and counts what it reads wrong. */
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { max, useBackend } from '@wengert/core'
import { loadTable, tables } from '../data/tables.ts'
import { families } from './losses.ts'
import { train } from './train.ts'

const { values: flags } = parseArgs({
  options: { steps: { type: 'string', default: '60' }, seeds: { type: 'string', default: '3' } },
})
const [steps, seeds] = [Number(flags.steps), Number(flags.seeds)]
for (const [flag, n] of [['--steps', steps] as const, ['--seeds', seeds] as const])
  if (!Number.isInteger(n) || n < 1) throw new Error(`${flag} must be an integer of at least 1, got ${n}.`)

useBackend(cpu())
const sets = tables.map((name) => {
  const split = loadTable(name)
  return { name, split, classes: max(split.train.labels).item() + 1 }
})
const width = 46
const sizes = sets.map(({ name, split }) => `${name} (${split.test.labels.shape})`)
console.log(`Test examples read wrong, in percent: means of ${seeds} seeds, ${steps} steps of full batches\n`)
console.log(`${''.padEnd(width)}${sizes.map((size) => size.padStart(20)).join('')}`)
for (const [family, losses] of Object.entries(families)) {
  console.log(family)
  for (const [name, loss] of Object.entries(losses)) {
    const cells: string[] = []
    for (const { split, classes } of sets) {
      let total = 0
      for (let seed = 0; seed < seeds; seed++) total += await train(split, { loss, classes, steps, seed })
      cells.push(((100 * total) / seeds).toFixed(1))
    }
    console.log(`  ${name.padEnd(width - 2)}${cells.map((cell) => cell.padStart(20)).join('')}`)
  }
}
