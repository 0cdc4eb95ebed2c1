import { clip, compile, full, grad, type Key, mean, silu, state, sum, type Tensor, valueAndGrad } from '@wengert/core'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates, type IgniteOptions, igniteGradients, type SamOptions, sam } from '@wengert/optim'
import type { Trials } from './dataset.ts'
import { parts } from './hartmann.ts'

const hidden = 32
const network = sequential(
  dense({ in: parts, out: hidden }),
  silu,
  dense({ in: hidden, out: hidden }),
  silu,
  dense({ in: hidden, out: 1 }),
)
export type Surrogate = Params<typeof network>

/** The scores that a surrogate promises for designs [B, 6], in deviations of those it has learned, [B]. */
export function promised(params: Surrogate, designs: Tensor): Tensor {
  return network.apply(params, designs.sub(0.5).mul(4)).squeeze(-1)
}

/** How the gradients of training are taken. */
export type Training =
  | { readonly by: 'valueAndGrad' }
  | ({ readonly by: 'sam' } & SamOptions)
  | ({ readonly by: 'igniteGradients'; readonly lambda: number } & IgniteOptions)

/** A surrogate after as many steps of Adam on the squared error of all trials. */
export async function trained(
  from: Key,
  { designs, scores }: Trials,
  how: Training,
  steps: number,
): Promise<Surrogate> {
  const objective = (p: Surrogate) => mean(promised(p, designs).sub(scores).square())
  const promisedMean = (p: Surrogate) => mean(promised(p, designs))
  const gradients = (params: Surrogate, lambda: Tensor): readonly [Surrogate, Tensor] => {
    if (how.by === 'valueAndGrad') return [valueAndGrad(objective)(params)[1], lambda]
    if (how.by === 'sam') return [sam(objective, how)(params)[1], lambda]
    const { grads, lambda: next } = igniteGradients(objective, promisedMean, params, { ...how, lambda })
    return [grads, next]
  }
  const optimizer = adam({ lr: 3e-3 })
  const params = network.init(from)
  const lambda = full([], how.by === 'igniteGradients' ? how.lambda : 0)
  const training = state({ params, opt: optimizer.init(params), lambda })
  for (let step = 0; step < steps; step++)
    await training.update(({ params, opt, lambda }) => {
      const [grads, after] = gradients(params, lambda)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next, lambda: after }, []]
    })
  return training.value.params
}

/** One step of gradient ascent on what a surrogate promises, inside the unit cube. */
export const climbed = compile((params: Surrogate, designs: Tensor): Tensor => {
  const slope = grad((x: Tensor) => sum(promised(params, x)))(designs)
  return clip(designs.add(slope.mul(0.02)), { min: 0, max: 1 })
})
