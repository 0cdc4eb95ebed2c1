/**
 * Trains a classifier of digits, saves it half-way, loads it as another process would, trains both on, and shows that
 * nothing tells them apart: not a bit of the parameters, the optimizer's state or the predictions.
 */
import { statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { data, leaves, mean, useBackend } from '@wengert/core'
import { restore } from '@wengert/data'
import { loadSafetensors, saveSafetensors } from '@wengert/data/node'
import { loadDigits } from '../noisy-labels/digits.ts'
import { page, rowsOf } from './page.ts'
import { begin, model, reads, type Snapshot, train } from './train.ts'

const { values: flags } = parseArgs({
  options: {
    epochs: { type: 'string', default: '20' },
    file: { type: 'string', default: 'digits.safetensors' },
    out: { type: 'string', default: 'report.html' },
  },
})
const epochs = Number(flags.epochs)
if (!(Number.isInteger(epochs) && epochs >= 2 && epochs % 2 === 0))
  throw new Error(`--epochs must be an even integer of at least 2, got ${flags.epochs}.`)

useBackend(cpu())
const digits = loadDigits()
const half = epochs / 2
const accuracy = async (snapshot: Snapshot): Promise<number> =>
  (await data(mean(reads(snapshot, digits.test.x).equal(digits.test.labels))))[0] as number

const first = await train(begin(0), digits.train, { first: 1, last: half })
await saveSafetensors(flags.file, first.value, { epoch: String(half), accuracy: String(await accuracy(first.value)) })
const logits = await data(model.apply(first.value.params, digits.test.x))
const straight = await train(first.value, digits.train, { first: half + 1, last: epochs })

// From here on as if in another process: nothing but the file is known.
const { tree, metadata } = await loadSafetensors(flags.file)
const loaded = restore(begin(7), tree)
const sameLogits = same([logits], [await data(model.apply(loaded.params, digits.test.x))])
const resumed = await train(loaded, digits.train, { first: Number(metadata.epoch) + 1, last: epochs })

const [a, b] = [await data(leaves(straight.value)), await data(leaves(resumed.value))]
const found = {
  file: { bytes: statSync(flags.file).size, metadata, rows: rowsOf(tree) },
  half,
  epochs,
  sameLogits,
  sameState: same(a, b),
  accuracies: [Number(metadata.accuracy), await accuracy(straight.value), await accuracy(resumed.value)] as const,
}
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
console.log(
  `${resolve(flags.file)}: ${found.file.bytes} bytes, ${found.file.rows.length} tensors, saved after epoch ${half}`,
)
console.log(`read right after epoch ${half}: ${percent(found.accuracies[0])}`)
console.log(`after epoch ${epochs}: ${percent(found.accuracies[1])} in one go, ${percent(found.accuracies[2])} resumed`)
console.log(`logits of the loaded model: ${sameLogits ? 'the same bits' : 'others'}`)
console.log(`parameters and optimizer at the end: ${found.sameState ? 'the same bits' : 'others'}`)
writeFileSync(flags.out, page(found))
console.log(`Report: ${resolve(flags.out)}`)
if (!sameLogits || !found.sameState) process.exitCode = 1

/** Whether all numbers are equal, with the sign of zeros. */
function same(xs: readonly ArrayLike<number>[], ys: readonly ArrayLike<number>[]): boolean {
  return xs.length === ys.length && xs.every((x, i) => Array.from(x).every((value, j) => Object.is(value, ys[i]?.[j])))
}
