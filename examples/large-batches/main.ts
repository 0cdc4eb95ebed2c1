/** Trains on digits in small and in large batches, with crossEntropy and with the losses by hypersimplex projection. */
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { oneHot, useBackend } from '@wengert/core'
import { crossEntropy, hypersimplexFenchelYoungLoss, hypersimplexMulticlassLoss } from '@wengert/losses'
import { type Loss, loadDigits, type Outcome, train } from './train.ts'

/** With their defaults; nothing is tuned. */
const losses: Readonly<Record<string, Loss>> = {
  crossEntropy,
  "hypersimplex, 'half'": (logits, labels) => hypersimplexMulticlassLoss(logits, labels, { k: 'half' }),
  "hypersimplex, 'counts'": (logits, labels) => hypersimplexMulticlassLoss(logits, labels),
  // One row for each class against the rest, per example.
  'hypersimplex, convex': (logits, labels) => {
    const [B = 0, K = 0] = logits.shape
    return hypersimplexFenchelYoungLoss(logits.transpose(), oneHot(labels, K).transpose()).div(B)
  },
}

const { values: flags } = parseArgs({
  options: {
    sizes: { type: 'string', default: '64,719' },
    epochs: { type: 'string', default: '100' },
    seeds: { type: 'string', default: '3' },
  },
})
useBackend(cpu())
const digits = loadDigits()
const examples = digits.train.labels.shape[0] as number
const sizes = flags.sizes.split(',').map(Number)
const [epochs, seeds] = [Number(flags.epochs), Number(flags.seeds)]
for (const size of sizes)
  if (!Number.isInteger(size) || size < 1 || size > examples)
    throw new Error(`--sizes must be integers from 1 to ${examples}, got ${flags.sizes}.`)
for (const [flag, n] of [['--epochs', epochs] as const, ['--seeds', seeds] as const])
  if (!Number.isInteger(n) || n < 1) throw new Error(`${flag} must be an integer of at least 1, got ${n}.`)

console.log(`${examples} digits to learn from, ${digits.test.labels.shape} to test with; ${epochs} epochs`)
console.log(`Digits read wrong after the last epoch, ± over ${seeds} seeds, and after the best\n`)
console.log(`${''.padEnd(24)}${sizes.map((size) => `batches of ${size}`.padStart(24)).join('')}`)
for (const [name, loss] of Object.entries(losses)) {
  const cells: string[] = []
  for (const size of sizes) {
    const outcomes: Outcome[] = []
    for (let seed = 0; seed < seeds; seed++)
      outcomes.push(await train(digits.train, digits.test, { loss, size, epochs, seed }))
    const [last, best] = [outcomes.map((o) => o.last), outcomes.map((o) => o.best)]
    cells.push(`${percent(average(last))} ± ${percent(spread(last))}  ${percent(average(best))} %`)
  }
  console.log(`${name.padEnd(24)}${cells.map((cell) => cell.padStart(24)).join('')}`)
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b) / values.length
}

function spread(values: readonly number[]): number {
  const mean = average(values)
  return Math.sqrt(average(values.map((v) => (v - mean) ** 2)))
}

function percent(share: number): string {
  return (100 * share).toFixed(1)
}
