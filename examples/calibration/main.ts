/**
 * Trains a classifier on few digits, which makes it too sure of itself, and calibrates it on others: by one temperature for all, and by one
 * for each digit, found from how shifted and blurred views of it are read.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { argMax, concat, data, key, mean, softmax, type Tensor, useBackend } from '@wengert/core'
import { labelledExamples, parseCsv, trainTestSplit } from '@wengert/data'
import { brierScore, crossEntropy, expectedCalibrationError, reliabilityDiagram } from '@wengert/losses'
import type { Examples } from '../data/tables.ts'
import { classifier } from '../ood/classifier.ts'
import { type Calibrator, type Predictions, temperatureScaling, transformConsistency } from './calibrators.ts'
import { cells, headers, type Outcome, type Page, page } from './page.ts'
import { noisy, viewsOf } from './views.ts'

const { values: flags } = parseArgs({
  options: {
    epochs: { type: 'string', default: '100' },
    steps: { type: 'string', default: '200' },
    out: { type: 'string', default: 'calibration.html' },
  },
})
const [epochs, steps] = [Number(flags.epochs), Number(flags.steps)]
for (const [flag, n] of [['--epochs', epochs] as const, ['--steps', steps] as const])
  if (!Number.isInteger(n) || n < 1) throw new Error(`${flag} must be an integer of at least 1, got ${n}.`)

useBackend(cpu())
const table = labelledExamples(parseCsv(readFileSync(join(import.meta.dirname, '../data/digits.csv'), 'utf8')))
const digits: Examples = { x: table.x.div(16), labels: table.labels }
const { train: rest, test: few } = trainTestSplit(digits, { key: key(0), test: 150 / 1797 })
const { train: test, test: held } = trainTestSplit(rest, { key: key(1), test: 800 / 1647 })
const spread = 0.3

const { logits } = await classifier(few, 10, epochs)
const predictions = async ({ x, labels }: Examples): Promise<Predictions> => {
  const views = viewsOf(x)
  const viewLogits = logits(views.reshape([-1, 64])).reshape([...views.shape.slice(0, 2), 10])
  const predicted = { logits: logits(x), viewLogits, labels }
  // Read at once, they are not computed again for each calibrator.
  await data([predicted.logits, viewLogits])
  return predicted
}
// Each digit that is held back once as it is and once with noise.
const heldBack = await predictions({
  x: concat([held.x, noisy(key(3), held.x, spread)]),
  labels: concat([held.labels, held.labels]),
})
const calibrators: Readonly<Record<string, Calibrator>> = {
  'as trained': ({ logits }) => logits,
  'temperature scaling': await temperatureScaling(heldBack, steps),
  'by views, balanced': await transformConsistency(heldBack, steps),
  'by views': await transformConsistency(heldBack, steps, { balance: 'none' }),
}

const kinds = { 'other digits': test, 'other digits with noise': { ...test, x: noisy(key(2), test.x, spread) } }
const found: Page['found'][number][] = []
for (const [kind, examples] of Object.entries(kinds)) {
  const seen = await predictions(examples)
  const outcomes: Outcome[] = []
  for (const [name, calibrated] of Object.entries(calibrators))
    outcomes.push({ name, ...(await outcome(calibrated(seen), seen.labels)) })
  found.push({ kind, count: examples.labels.shape[0] as number, outcomes })
}

for (const { kind, count, outcomes } of found) {
  console.log(`\n${`${count} ${kind}`.padEnd(28)}${headers.map((header) => header.padStart(19)).join('')}`)
  for (const each of outcomes)
    console.log(
      `${each.name.padEnd(28)}${cells(each)
        .map((cell) => cell.padStart(19))
        .join('')}`,
    )
}
writeFileSync(
  flags.out,
  page({ few: few.labels.shape[0] as number, heldBack: heldBack.labels.shape[0] as number, found }),
)
console.log(`\nReliability diagrams: ${resolve(flags.out)}`)

async function outcome(logits: Tensor, labels: Tensor): Promise<Omit<Outcome, 'name'>> {
  const probabilities = softmax(logits)
  const { count, confidence, accuracy } = reliabilityDiagram(probabilities, labels)
  const [right, error, brier, cost, ...diagram] = (await data([
    mean(argMax(logits).equal(labels)),
    expectedCalibrationError(probabilities, labels),
    mean(brierScore(probabilities, labels)),
    mean(crossEntropy(logits, labels)),
    count,
    confidence,
    accuracy,
  ])) as ArrayLike<number>[]
  const number = (values: ArrayLike<number> | undefined, i = 0): number => values?.[i] as number
  return {
    accuracy: number(right),
    calibrationError: number(error),
    brier: number(brier),
    crossEntropy: number(cost),
    bins: Array.from(diagram[0] as ArrayLike<number>, (n, i) => ({
      count: n,
      confidence: number(diagram[1], i),
      accuracy: number(diagram[2], i),
    })),
  }
}
