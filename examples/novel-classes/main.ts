/**
 * Trains on the digits 0 to 7 and then adds 8 and 9 without training: by the mean direction of a few examples of each.
 */
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { argMax, fold, key, matmul, mean, permutation, type Tensor, take, tensor, useBackend } from '@wengert/core'
import {
  addNovelClass,
  arcFaceLoss,
  cosFaceLoss,
  cosineLogits,
  crossEntropy,
  normalizedSoftmaxLoss,
} from '@wengert/losses'
import { type Digits, loadDigits } from '../noisy-labels/digits.ts'
import { type Head, train } from './train.ts'

const softmax =
  (temperature: number): Head =>
  (x, y, w) =>
    normalizedSoftmaxLoss(x, y, w, { temperature })
const heads: Readonly<Record<string, Head>> = {
  'crossEntropy, linear': (x, y, w) => crossEntropy(matmul(x, w.transpose()), y),
  'normalizedSoftmaxLoss, T 0.05': softmax(0.05),
  'normalizedSoftmaxLoss, T 0.1': softmax(0.1),
  cosFaceLoss: (x, y, w) => cosFaceLoss(x, y, w, { scale: 16 }),
  arcFaceLoss: (x, y, w) => arcFaceLoss(x, y, w, { scale: 16 }),
}
const known = 8
const counts = [1, 5, 20, 100]

const { values: flags, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: { epochs: { type: 'string', default: '15' }, seeds: { type: 'string', default: '3' } },
})
const [epochs, seeds] = [Number(flags.epochs), Number(flags.seeds)]
for (const [flag, n] of [['--epochs', epochs] as const, ['--seeds', seeds] as const])
  if (!Number.isInteger(n) || n < 1) throw new Error(`${flag} must be an integer of at least 1, got ${n}.`)
const unknown = chosen.find((name) => !Object.hasOwn(heads, name))
if (unknown) throw new Error(`losses must be among ${Object.keys(heads).join('; ')}, got ${unknown}.`)

/** The examples of some classes. */
const only = ({ x, labels }: Digits, from: number, to: number): Digits => {
  const rows = Array.from(labels.dataSync(), (label, i) => (label >= from && label < to ? i : -1)).filter((i) => i >= 0)
  const at = tensor(rows, { dtype: 'i32' })
  return { x: take(x, at), labels: take(labels, at) }
}

useBackend(cpu())
const { train: given, test } = loadDigits()
const old = { train: only(given, 0, known), test: only(test, 0, known) }
const novel = only(test, known, 10)
console.log(`${old.train.labels.shape} digits from 0 to 7 to learn from, ${epochs} epochs, means of ${seeds} seeds`)
console.log(
  `Read right of ${old.test.labels.shape} test digits from 0 to 7, and of ${novel.labels.shape} that are 8 or 9\n`,
)
console.log(
  `${'8 and 9 added from'.padEnd(30)}${'none'.padStart(8)}${counts.map((n) => `${n} of each`.padStart(18)).join('')}`,
)

for (const [name, head] of Object.entries(heads)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  const shares: number[][] = []
  for (let seed = 0; seed < seeds; seed++) {
    const { embed, prototypes } = await train(old.train, { head, classes: known, epochs, seed })
    const right = ({ x, labels }: Digits, w: Tensor): number =>
      mean(argMax(cosineLogits(embed(x), w)).equal(labels)).item()
    const withNovel = (n: number): Tensor =>
      [8, 9].reduce((w, digit) => {
        const { x } = only(given, digit, digit + 1)
        const some = permutation(fold(key(seed), digit), x.shape[0] as number).slice([0], [n])
        return addNovelClass(w, embed(take(x, some)))
      }, prototypes)
    const extended = counts.map(withNovel)
    shares.push([right(old.test, prototypes), ...extended.flatMap((w) => [right(old.test, w), right(novel, w)])])
  }
  const means = shares[0]?.map((_, i) => shares.reduce((total, row) => total + (row[i] as number), 0) / seeds) ?? []
  const cells = means.map((share, i) => `${(100 * share).toFixed(1)} %`.padStart(i === 0 ? 8 : i % 2 ? 10 : 8))
  console.log(`${name.padEnd(30)}${cells.join('')}`)
}
