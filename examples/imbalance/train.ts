import { fold, key, relu, state, type Tensor, valueAndGrad } from '@wengert/core'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import type { Cells } from './cells.ts'
import type { Objective } from './losses.ts'

export interface Settings {
  /** Hidden units; without any the network is linear. */
  readonly hidden: number
  readonly steps: number
  readonly seed: number
}

const optimizer = adam({ lr: 1e-2 })

/** Trains a network on all cells at once, and returns its logits of others. */
export async function train(
  { x, malignant }: Cells,
  test: Cells,
  objective: Objective,
  { hidden, steps, seed }: Settings,
): Promise<Float32Array> {
  const features = x.shape[1] as number
  const below = hidden === 0 ? [] : [dense({ in: features, out: hidden }), relu]
  const model = sequential(...below, dense({ in: hidden || features, out: 1 }))
  const logits = (params: Params<typeof model>, x: Tensor): Tensor => model.apply(params, x).squeeze(-1)
  const params = model.init(fold(key(seed), 0))
  const training = state({ params, opt: optimizer.init(params) })
  for (let step = 0; step < steps; step++)
    await training.update(({ params, opt }) => {
      const loss = (p: Params<typeof model>): Tensor => objective(logits(p, x), malignant)
      const [value, grads] = valueAndGrad(loss)(params)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next }, value]
    })
  return (await logits(training.value.params, test.x).data()) as Float32Array
}
