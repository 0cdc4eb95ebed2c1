/**
 * Trains on digits of which many are labelled wrong, once with each loss, and counts what is read right all the same.
 */
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { fold, key, mean, useBackend } from '@wengert/core'
import { flipped, loadDigits } from './digits.ts'
import { losses } from './losses.ts'
import { type Outcome, train } from './train.ts'

const { values: flags, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: {
    noise: { type: 'string', default: '0.4' },
    epochs: { type: 'string', default: '60' },
    seeds: { type: 'string', default: '3' },
  },
})
const [noise, epochs, seeds] = [Number(flags.noise), Number(flags.epochs), Number(flags.seeds)]
if (!(noise >= 0 && noise < 1)) throw new Error(`--noise must be at least 0 and less than 1, got ${flags.noise}.`)
for (const [flag, n] of [['--epochs', epochs] as const, ['--seeds', seeds] as const])
  if (!Number.isInteger(n) || n < 1) throw new Error(`${flag} must be an integer of at least 1, got ${n}.`)
const unknown = chosen.find((name) => !Object.hasOwn(losses, name))
if (unknown) throw new Error(`losses must be among ${Object.keys(losses).join('; ')}, got ${unknown}.`)

useBackend(cpu())
const digits = loadDigits()
const noisy = Array.from({ length: seeds }, (_, seed) => flipped(digits.train.labels, noise, fold(key(seed), 1e6)))
const rates = noisy.map((given) => mean(given.notEqual(digits.train.labels)).item())
console.log(`${digits.train.labels.shape} digits to learn from, ${percent(average(rates))} of them labelled wrong,`)
console.log(`${digits.test.labels.shape} to test with, all labelled right; ${epochs} epochs, means of ${seeds} seeds\n`)
console.log(`${''.padEnd(26)}read right  at best  learned by heart`)

for (const [name, loss] of Object.entries(losses)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  const outcomes: Outcome[] = []
  for (const [seed, given] of noisy.entries())
    outcomes.push(await train(digits.train, given, digits.test, { loss, epochs, seed }))
  const column = (of: (outcome: Outcome) => number): string => percent(average(outcomes.map(of)))
  const cells = [column((o) => o.accuracy).padStart(10), column((o) => o.best).padStart(9)]
  console.log(`${name.padEnd(26)}${cells.join('')}${column((o) => o.fooled).padStart(18)}`)
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b) / values.length
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : 'none'
}
