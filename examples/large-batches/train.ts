import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { data, fold, key, mean, relu, state, type Tensor, valueAndGrad } from '@wengert/core'
import { batches, labelledExamples, parseCsv, trainTestSplit } from '@wengert/data'
import { zeroOneError } from '@wengert/losses'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'

export type Loss = (logits: Tensor, labels: Tensor) => Tensor

/** Pictures of digits, pixels from 0 to 1, f32 [N, 64], and what they show, i32 [N]. */
export interface Digits {
  readonly x: Tensor
  readonly labels: Tensor
}

/** Digits to learn from, and a fifth of all to test with. */
export function loadDigits(): { readonly train: Digits; readonly test: Digits } {
  const file = join(import.meta.dirname, '../data/digits.csv')
  const { x, labels } = labelledExamples(parseCsv(readFileSync(file, 'utf8')))
  return trainTestSplit({ x: x.div(16), labels }, { key: key(0) })
}

export interface Settings {
  readonly loss: Loss
  /** Examples in a batch. */
  readonly size: number
  readonly epochs: number
  readonly seed: number
}

/** Shares of the test digits read wrong: after the last epoch, and after the one that reads them best. */
export interface Outcome {
  readonly last: number
  readonly best: number
}

const model = sequential(dense({ in: 64, out: 128 }), relu, dense({ in: 128, out: 10 }))
const optimizer = adam({ lr: 1e-3 })

/** Trains a small network with one loss and one size of batches. */
export async function train(digits: Digits, test: Digits, { loss, size, epochs, seed }: Settings): Promise<Outcome> {
  const params = model.init(fold(key(seed), 0))
  const training = state({ params, opt: optimizer.init(params) })
  let [last, best] = [1, 1]
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const { x, labels } of batches(digits, { size, key: fold(key(seed), epoch), dropLast: true }))
      await training.update(({ params, opt }) => {
        const objective = (p: Params<typeof model>) => mean(loss(model.apply(p, x), labels))
        const [value, grads] = valueAndGrad(objective)(params)
        const [updates, next] = optimizer.update(grads, opt, params)
        return [{ params: applyUpdates(params, updates), opt: next }, value]
      })
    const errors = await data(mean(zeroOneError(model.apply(training.value.params, test.x), test.labels)))
    last = errors[0] as number
    best = Math.min(best, last)
  }
  return { last, best }
}
