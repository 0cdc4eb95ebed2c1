import { argMax, fold, key, mean, relu, type State, state, type Tensor, valueAndGrad } from '@wengert/core'
import { batches } from '@wengert/data'
import { crossEntropy } from '@wengert/losses'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import type { Digits } from '../noisy-labels/digits.ts'

export const model = sequential(dense({ in: 64, out: 64 }), relu, dense({ in: 64, out: 10 }))
const optimizer = adam({ lr: 2e-3 })

/** All that a training knows. */
export type Snapshot = ReturnType<typeof begin>

/** A training before its first step. */
export function begin(seed: number) {
  const params = model.init(key(seed))
  return { params, opt: optimizer.init(params) }
}

/** Trains from one epoch to another, from where the snapshot stands. */
export async function train(
  from: Snapshot,
  digits: Digits,
  epochs: { first: number; last: number },
): Promise<State<Snapshot>> {
  const training = state(from)
  for (let epoch = epochs.first; epoch <= epochs.last; epoch++)
    // The order belongs to the epoch, so that a resumed training takes the same.
    for (const { x, labels } of batches(digits, { size: 64, key: fold(key(1), epoch) }))
      await training.update(({ params, opt }) => {
        const objective = (p: Params<typeof model>) => mean(crossEntropy(model.apply(p, x), labels))
        const [loss, grads] = valueAndGrad(objective)(params)
        const [updates, next] = optimizer.update(grads, opt, params)
        return [{ params: applyUpdates(params, updates), opt: next }, loss]
      })
  return training
}

/** The digit read from each picture. */
export function reads({ params }: Snapshot, x: Tensor): Tensor {
  return argMax(model.apply(params, x))
}
