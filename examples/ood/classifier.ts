import { fold, key, mean, relu, state, type Tensor, valueAndGrad } from '@wengert/core'
import { batches } from '@wengert/data'
import { crossEntropy } from '@wengert/losses'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import type { Examples } from '../data/tables.ts'

export interface Classifier {
  readonly logits: (x: Tensor) => Tensor
  /** What its layers make of an input, from the first to the last before the logits. */
  readonly layers: readonly ((x: Tensor) => Tensor)[]
}

/** Trains a network of two hidden layers. */
export async function classifier(examples: Examples, classes: number, epochs: number): Promise<Classifier> {
  const first = sequential(dense({ in: 64, out: 64 }), relu)
  const second = sequential(dense({ in: 64, out: 32 }), relu)
  const head = dense({ in: 32, out: classes })
  const model = sequential(first, second, head)
  const optimizer = adam({ lr: 2e-3 })
  const params = model.init(fold(key(0), 0))
  const training = state({ params, opt: optimizer.init(params) })
  for (let epoch = 1; epoch <= epochs; epoch++)
    for (const { x, labels } of batches(examples, { size: 64, key: fold(key(0), epoch) }))
      await training.update(({ params, opt }) => {
        const objective = (p: Params<typeof model>) => mean(crossEntropy(model.apply(p, x), labels))
        const [value, grads] = valueAndGrad(objective)(params)
        const [updates, next] = optimizer.update(grads, opt, params)
        return [{ params: applyUpdates(params, updates), opt: next }, value]
      })
  const trained = training.value.params
  const low = (x: Tensor): Tensor => first.apply(trained[0], x)
  const high = (x: Tensor): Tensor => second.apply(trained[1], low(x))
  return { logits: (x) => model.apply(trained, x), layers: [low, high] }
}
