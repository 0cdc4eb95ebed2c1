import { argMax, data, fold, key, mean, relu, state, type Tensor, valueAndGrad } from '@wengert/core'
import { batches } from '@wengert/data'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import { classes, type Digits } from './digits.ts'

export type Loss = (logits: Tensor, labels: Tensor) => Tensor

/** How a training ended. */
export interface Outcome {
  /** Share of the test digits read right after the last epoch, and after the best. */
  readonly accuracy: number
  readonly best: number
  /** Share of the wrong training labels that the network has learned by heart. */
  readonly fooled: number
}

export interface Settings {
  readonly loss: Loss
  readonly epochs: number
  readonly seed: number
}

const model = sequential(dense({ in: 64, out: 128 }), relu, dense({ in: 128, out: classes }))
const optimizer = adam({ lr: 2e-3 })

/** Trains a small network on labels that may be wrong, and tests it on labels that are right. */
export async function train(
  { x, labels }: Digits,
  given: Tensor,
  test: Digits,
  { loss, epochs, seed }: Settings,
): Promise<Outcome> {
  const params = model.init(fold(key(seed), 0))
  const training = state({ params, opt: optimizer.init(params) })
  const reads = (x: Tensor): Tensor => argMax(model.apply(training.value.params, x))
  let [accuracy, best] = [0, 0]
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const batch of batches({ x, labels: given }, { size: 64, key: fold(key(seed), epoch) }))
      await training.update(({ params, opt }) => {
        const objective = (p: Params<typeof model>) => mean(loss(model.apply(p, batch.x), batch.labels))
        const [value, grads] = valueAndGrad(objective)(params)
        const [updates, next] = optimizer.update(grads, opt, params)
        return [{ params: applyUpdates(params, updates), opt: next }, value]
      })
    const hits = await data(mean(reads(test.x).equal(test.labels)))
    accuracy = hits[0] as number
    best = Math.max(best, accuracy)
  }
  const wrong = given.notEqual(labels)
  const [learned, count] = await data([mean(wrong.and(reads(x).equal(given))), mean(wrong)])
  return { accuracy, best, fooled: (learned[0] as number) / (count[0] as number) }
}
