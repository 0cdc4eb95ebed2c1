import { fold, key, mean, normal, relu, state, type Tensor, valueAndGrad } from '@wengert/core'
import { batches } from '@wengert/data'
import { unitNormConstraint } from '@wengert/losses'
import { dense, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import type { Digits } from '../noisy-labels/digits.ts'

export type Head = (embeddings: Tensor, labels: Tensor, prototypes: Tensor) => Tensor

/** What a training has led to. */
export interface Trained {
  /** Pixels [N, 64] to embeddings [N, 32]. */
  readonly embed: (x: Tensor) => Tensor
  /** One of length 1 for each class, [K, 32]. */
  readonly prototypes: Tensor
}

const model = sequential(dense({ in: 64, out: 128 }), relu, dense({ in: 128, out: 32 }))
const optimizer = adam({ lr: 2e-3 })

/** Trains a small network and the prototypes of classes, which a constraint keeps at length 1. */
export async function train(
  { x, labels }: Digits,
  {
    head,
    classes,
    epochs,
    seed,
  }: { readonly head: Head; readonly classes: number; readonly epochs: number; readonly seed: number },
): Promise<Trained> {
  const from = key(seed)
  const prototypes = unitNormConstraint(normal(fold(from, 1), [classes, 32]))
  const params = { model: model.init(fold(from, 0)), prototypes }
  const training = state({ params, opt: optimizer.init(params) })
  for (let epoch = 1; epoch <= epochs; epoch++)
    for (const batch of batches({ x, labels }, { size: 64, key: fold(from, epoch + 1) }))
      await training.update(({ params, opt }) => {
        const objective = (p: typeof params) => mean(head(model.apply(p.model, batch.x), batch.labels, p.prototypes))
        const [value, grads] = valueAndGrad(objective)(params)
        const [updates, next] = optimizer.update(grads, opt, params)
        const moved = applyUpdates(params, updates)
        return [{ params: { ...moved, prototypes: unitNormConstraint(moved.prototypes) }, opt: next }, value]
      })
  const { params: trained } = training.value
  return { embed: (x) => model.apply(trained.model, x), prototypes: trained.prototypes }
}
