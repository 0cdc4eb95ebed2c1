import { fold, key, mean, state, tanh, valueAndGrad } from '@wengert/core'
import type { Split } from '@wengert/data'
import { zeroOneError } from '@wengert/losses'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import type { Examples } from '../data/tables.ts'
import type { DrawnLoss, Loss } from './losses.ts'

export interface Settings {
  readonly loss: Loss | DrawnLoss
  readonly classes: number
  readonly steps: number
  readonly seed: number
}

const optimizer = adam({ lr: 0.02 })

/** The share of test examples read wrong by a small network that has learned from all others at once, a number of times. */
export async function train(
  { train, test }: Split<Examples>,
  { loss, classes, steps, seed }: Settings,
): Promise<number> {
  const features = train.x.shape[1] as number
  const model = sequential(dense({ in: features, out: 16 }), tanh, dense({ in: 16, out: classes }))
  const params = model.init(fold(key(seed), 0))
  const training = state({ params, opt: optimizer.init(params) })
  for (let step = 1; step <= steps; step++)
    await training.update(({ params, opt }) => {
      const now = 'drawn' in loss ? loss.drawn(fold(key(seed), step)) : loss
      const objective = (p: Params<typeof model>) => mean(now(model.apply(p, train.x), train.labels))
      const [value, grads] = valueAndGrad(objective)(params)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next }, value]
    })
  return mean(zeroOneError(model.apply(training.value.params, test.x), test.labels)).item()
}
