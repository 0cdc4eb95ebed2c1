/**
 * Tells what a classifier of the digits 0 to 7 was never shown, the digits 8 and 9 and pictures of strokes, from more of what it
 * was: by its confidence, and by Mahalanobis distances of its features.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import {
  argMax,
  concat,
  data,
  key,
  max,
  mean,
  softmax,
  stack,
  std,
  type Tensor,
  take,
  tensor,
  useBackend,
} from '@wengert/core'
import { labelledExamples, parseCsv, trainTestSplit } from '@wengert/data'
import {
  mahalanobisEnsemble,
  mahalanobisEnsembleProbability,
  mahalanobisFit,
  mahalanobisPreprocess,
  mahalanobisScore,
} from '@wengert/estimators'
import type { Examples } from '../data/tables.ts'
import { classifier } from './classifier.ts'
import { type Page, page } from './page.ts'
import { type Roc, roc } from './roc.ts'
import { strokes } from './strokes.ts'

const { values: flags } = parseArgs({
  options: { epochs: { type: 'string', default: '30' }, out: { type: 'string', default: 'ood.html' } },
})
const epochs = Number(flags.epochs)
if (!Number.isInteger(epochs) || epochs < 1)
  throw new Error(`--epochs must be an integer of at least 1, got ${flags.epochs}.`)

useBackend(cpu())
const known = 8
const table = labelledExamples(parseCsv(readFileSync(join(import.meta.dirname, '../data/digits.csv'), 'utf8')))
const { train, test } = trainTestSplit({ x: table.x.div(16), labels: table.labels }, { key: key(0), test: 0.4 })
const [shown, like, others] = [
  chosen(train, (k) => k < known),
  chosen(test, (k) => k < known),
  chosen(test, (k) => k >= known),
]
const { logits, layers } = await classifier(shown, known, epochs)
const right = mean(argMax(logits(like.x)).equal(like.labels)).item()
console.log(`Of ${like.x.shape[0]} more digits from 0 to 7, ${(100 * right).toFixed(1)} % are read right`)

const models = layers.map((layer) => mahalanobisFit(layer(shown.x), shown.labels, { classes: known }))
const stepped = (x: Tensor, i: number): Tensor => {
  const [layer, model] = [layers[i] as (x: Tensor) => Tensor, models[i] as (typeof models)[number]]
  return mahalanobisScore(layer(mahalanobisPreprocess(x, layer, model, { magnitude: 0.005 })), model)
}
/** Scores by several rules: the greater, the more like training. */
const rules: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  'greatest probability': (x) => max(softmax(logits(x)), { axis: -1 }),
  'Mahalanobis, first layer': (x) =>
    mahalanobisScore((layers[0] as (x: Tensor) => Tensor)(x), models[0] as (typeof models)[0]),
  'Mahalanobis, second layer': (x) =>
    mahalanobisScore((layers[1] as (x: Tensor) => Tensor)(x), models[1] as (typeof models)[0]),
  'first layer, after a step': (x) => stepped(x, 0),
  'second layer, after a step': (x) => stepped(x, 1),
}

const kinds = { 'digits 8 and 9': others.x, strokes: strokes(key(1), 300) }
const found: Page['found'][number][] = []
for (const [kind, unlike] of Object.entries(kinds)) {
  const curves: { readonly name: string; readonly roc: Roc }[] = []
  for (const [name, rule] of Object.entries(rules)) {
    const [a, b] = await data([rule(like.x), rule(unlike)])
    curves.push({ name, roc: roc(a as ArrayLike<number>, b as ArrayLike<number>) })
  }
  curves.push({ name: 'ensemble of both layers', roc: await ensemble(unlike) })
  found.push({ kind, count: unlike.shape[0] as number, curves })
}

console.log(`\nArea below the ROC curve against ${found.map(({ kind, count }) => `${count} ${kind}`).join(', ')}`)
const areas = found.map(({ curves }) => curves.map(({ roc }) => roc.area.toFixed(3).padStart(8)))
found[0]?.curves.forEach(({ name }, i) => {
  const cells = areas.map((column) => column[i])
  console.log(`${name.padEnd(28)}${cells.join('')}`)
})
writeFileSync(flags.out, page({ right, found }))
console.log(`\nCurves: ${resolve(flags.out)}`)

/** The scores of both layers put together, as learned from every other example; the rest is what it is tried on. */
async function ensemble(unlike: Tensor): Promise<Roc> {
  const scoresOf = (x: Tensor): Tensor => stack([stepped(x, 0), stepped(x, 1)], { axis: 1 })
  const [inside, outside] = [scoresOf(like.x), scoresOf(unlike)]
  const fitted = concat([half(inside, 0), half(outside, 0)])
  const [centre, spread] = [mean(fitted, { axis: 0 }), std(fitted, { axis: 0 })]
  const labels = tensor(
    Array.from({ length: fitted.shape[0] as number }, (_, i) => Number(i >= (half(inside, 0).shape[0] as number))),
  )
  const model = mahalanobisEnsemble(fitted.sub(centre).div(spread), labels)
  const likeness = (scores: Tensor): Tensor =>
    mahalanobisEnsembleProbability(scores.sub(centre).div(spread), model).neg()
  const [a, b] = await data([likeness(half(inside, 1)), likeness(half(outside, 1))])
  return roc(a as ArrayLike<number>, b as ArrayLike<number>)
}

/** Every other row. */
function half(rows: Tensor, from: 0 | 1): Tensor {
  const count = Math.floor(((rows.shape[0] as number) + 1 - from) / 2)
  return take(
    rows,
    tensor(
      Array.from({ length: count }, (_, i) => 2 * i + from),
      { dtype: 'i32' },
    ),
  )
}

/** The examples of some classes. */
function chosen({ x, labels }: Examples, wanted: (label: number) => boolean): Examples {
  const rows = Array.from(labels.dataSync()).flatMap((label, i) => (wanted(label) ? [i] : []))
  const index = tensor(rows, { dtype: 'i32' })
  return { x: take(x, index), labels: take(labels, index) }
}
