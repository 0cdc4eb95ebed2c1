import { data, fold, type Key, key, mean, state, type Tensor, valueAndGrad } from '@wengert/core'
import { batches } from '@wengert/data'
import { zeroOneError } from '@wengert/losses'
import { dense, type Layer } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import type { Examples } from '../data/tables.ts'
import type { Head } from './heads.ts'

export interface Settings {
  /** Features that the body makes of an example. */
  readonly features: number
  readonly classes: number
  readonly batch: number
  readonly epochs: number
  readonly lr: number
  readonly seed: number
}

/** A network with a dense layer on top of its body, trained with a head; classes are told by the greatest logit. */
export async function train<Body>(
  body: Layer<Body>,
  head: Head,
  examples: Examples,
  tests: readonly Examples[],
  { features, classes, batch, epochs, lr, seed }: Settings,
): Promise<number[][]> {
  const output = dense({ in: features, out: classes })
  const [bodyKey, outputKey, orderKey, dropKey] = [0, 1, 2, 3].map((i) => fold(key(seed), i)) as [Key, Key, Key, Key]
  const params = { body: body.init(bodyKey), output: output.init(outputKey) }
  type P = typeof params
  const optimizer = adam({ lr })
  const training = state({ params, opt: optimizer.init(params) })
  const logits = (p: P, x: Tensor, dropping?: Key): Tensor =>
    output.apply(p.output, body.apply(p.body, x, dropping ? { key: dropping } : {}))

  const errors: number[][] = []
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { x, labels } of batches(examples, { size: batch, key: fold(orderKey, epoch), dropLast: true })) {
      const dropping = fold(dropKey, training.version)
      await training.update(({ params, opt }) => {
        const cost = (p: P): Tensor => head(logits(p, x, dropping), labels, p.output.weight)
        const [value, grads] = valueAndGrad(cost)(params)
        const [updates, next] = optimizer.update(grads, opt, params)
        return [{ params: applyUpdates(params, updates), opt: next }, value]
      })
    }
    const wrong = tests.map(({ x, labels }) => mean(zeroOneError(logits(training.value.params, x), labels)))
    errors.push((await data(wrong)).map(([share]) => share as number))
  }
  return errors
}
