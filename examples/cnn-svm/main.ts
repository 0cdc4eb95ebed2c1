/** Reads digits with a convolutional network, whose output is a support-vector machine or a softmax; also through noise. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { clip, key, maxPool2d, normal, relu, type Tensor, useBackend } from '@wengert/core'
import { labelledExamples, parseCsv, trainTestSplit } from '@wengert/data'
import { conv2d, dense, dropout, sequential } from '@wengert/nn'
import type { Examples } from '../data/tables.ts'
import { softmaxHead, svmHead } from '../svm-heads/heads.ts'
import { parseFlags, runAll } from '../svm-heads/run.ts'
import { train } from '../svm-heads/train.ts'

const flags = parseFlags({ epochs: 30, seeds: 5, out: 'cnn-svm.html' })
useBackend(cpu())

const table = labelledExamples(parseCsv(readFileSync(join(import.meta.dirname, '../data/digits.csv'), 'utf8')))
const images: Examples = { x: table.x.div(16).reshape([-1, 1, 8, 8]), labels: table.labels }
const { train: learned, test } = trainTestSplit(images, { key: key(0) })
const noise = normal(key(1), test.x.shape).mul(0.3)
const noisy: Examples = { x: clip(test.x.add(noise), { min: 0, max: 1 }), labels: test.labels }

/** Halves the sides of an image. */
const pool = (x: Tensor): Tensor => maxPool2d(x, 2)
const features = 64
const body = sequential(
  conv2d({ in: 1, out: 8, kernel: 3, padding: 'same' }),
  relu,
  pool,
  conv2d({ in: 8, out: 16, kernel: 3, padding: 'same' }),
  relu,
  pool,
  (x: Tensor) => x.reshape([-1, 64]),
  dense({ in: 64, out: features }),
  relu,
  dropout({ rate: 0.5 }),
)
/** Mean and mean, as CNN-SVM has it; and sum and half the sum, as GRU-SVM has it. */
const heads = {
  'CNN-SVM': svmHead({ hingeReduction: 'mean', regularization: 'mean' }),
  'CNN-SVM, L1': svmHead({ hingeReduction: 'mean', regularization: 'mean', squared: false }),
  'CNN-softmax': softmaxHead,
}
const settings = { features, classes: 10, batch: 64, epochs: flags.epochs, lr: 3e-3 }
const contenders = Object.fromEntries(
  Object.entries(heads).map(([name, head]) => [
    name,
    (seed: number) => train(body, head, learned, [test, noisy], { ...settings, seed }),
  ]),
)

console.log(`${learned.labels.shape} digits to learn from, ${test.labels.shape} to test with; ${flags.epochs} epochs\n`)
await runAll(contenders, flags, {
  title: 'Digits: a support-vector machine in place of softmax',
  tests: ['test digits', 'with noise'],
  about: `Two convolutions and two dense layers read ${test.labels.shape} digits of 8 × 8 pixels after learning from ${learned.labels.shape} others. CNN-SVM
takes squared hinges and the mean square of the last layer's weight for its cost, L1 plain hinges; CNN-softmax takes cross-entropy. All else is the same.
Curves are means of ${flags.seeds} seeds, which draw weights, order and what dropout drops.`,
})
