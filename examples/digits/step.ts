import { mean, type Tensor, valueAndGrad } from '@wengert/core'
import { adam, applyUpdates, chain, clipByGlobalNorm, type Schedule } from '@wengert/optim'
import type { Network, NetworkParams } from './model.ts'
import type { Examples } from './prepare.ts'

/** Adam, on gradients clipped to norm 1. */
export function optimizerAt(lr: number | Schedule) {
  return chain(clipByGlobalNorm(1), adam({ lr }))
}

type Optimizer = ReturnType<typeof optimizerAt>

/** What changes from step to step. */
export interface Trained {
  readonly params: NetworkParams
  readonly opt: ReturnType<Optimizer['init']>
}

export interface Method {
  readonly model: Network
  readonly optimizer: Optimizer
  readonly loss: (logits: Tensor, labels: Tensor) => Tensor
}

/** One step on a batch: what follows, and the mean loss over the batch before it. */
export function step(
  { params, opt }: Trained,
  { images, labels }: Examples,
  { model, optimizer, loss }: Method,
): readonly [Trained, Tensor] {
  const objective = (p: NetworkParams) => mean(loss(model.apply(p, images), labels))
  const [value, grads] = valueAndGrad(objective)(params)
  const [updates, next] = optimizer.update(grads, opt, params)
  return [{ params: applyUpdates(params, updates), opt: next }, value]
}
