/**
 * Tells malignant cells from benign ones by a GRU that reads their features one after the other, and whose output is a support-vector
 * machine or a softmax; beside them the same outputs on the features themselves.
 */
import { cpu } from '@wengert/backend-cpu'
import { oneHot, type Tensor, useBackend } from '@wengert/core'
import { dropout, gru, type Layer, type Params, sequential } from '@wengert/nn'
import { type Examples, loadTable } from '../data/tables.ts'
import { softmaxHead, svmHead } from '../svm-heads/heads.ts'
import { parseFlags, runAll } from '../svm-heads/run.ts'
import { train } from '../svm-heads/train.ts'
import { binsOf } from './bins.ts'

const flags = parseFlags({ epochs: 30, seeds: 5, out: 'gru-svm.html' })
useBackend(cpu())

const bins = 10
const table = loadTable('breast-cancer')
const binned = binsOf(table.train.x, bins)
/** A sequence of as many steps as there are features, each one-hot by its bin: [N, 30, 10]. */
const sequences = ({ x, labels }: Examples): Examples => ({ x: oneHot(binned(x), bins), labels })
const [learned, test] = [sequences(table.train), sequences(table.test)]
const inputs = dropout({ rate: 0.15 })

const recurrent = gru({ in: bins, out: 32, variant: 'tf1' })
/** The state after the last step. */
const last: Layer<Params<typeof recurrent>> = {
  init: recurrent.init,
  apply: (params, x, context) => recurrent.run(params, inputs.apply([], x, context))[1],
}
const wide = sequential(inputs, (x: Tensor) => x.reshape([-1, 30 * bins]))

/** Sum and half the sum, with C = ½, as GRU-SVM has it. */
const svm = svmHead({ C: 0.5 })
const shared = { classes: 2, batch: 64, epochs: flags.epochs, lr: 3e-3 }
const contenders = {
  'GRU-SVM': (seed: number) => train(last, svm, learned, [test], { ...shared, features: 32, seed }),
  'GRU-softmax': (seed: number) => train(last, softmaxHead, learned, [test], { ...shared, features: 32, seed }),
  'SVM alone': (seed: number) => train(wide, svm, learned, [test], { ...shared, features: 30 * bins, seed }),
  'softmax alone': (seed: number) =>
    train(wide, softmaxHead, learned, [test], { ...shared, features: 30 * bins, seed }),
}

console.log(`${learned.labels.shape} cells to learn from, ${test.labels.shape} to test with; ${flags.epochs} epochs\n`)
await runAll(contenders, flags, {
  title: 'Cells: a support-vector machine on top of a GRU',
  tests: ['test cells'],
  about: `Each of ${learned.labels.shape} cells is a sequence of 30 features, each given as one of ten bins. GRU-SVM reads it with a GRU of 32 units;
squared hinges on a dense layer of its last state, and half the square of that layer's weight, are what it costs. GRU-softmax takes cross-entropy.
Without the GRU the same layer stands on all 300 bins at once. Curves are means of ${flags.seeds} seeds, which draw weights, order and which inputs are dropped.`,
})
