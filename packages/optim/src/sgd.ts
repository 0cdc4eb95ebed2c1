import { full, type Tensor, type Tree, ValueError, where, zipTrees } from '@wengert/core'
import { byDType } from './byDType.ts'
import { checkDecay, checkMatching } from './check.ts'
import { checkRate, type Schedule } from './schedule.ts'
import { noSteps, stride, zerosFor } from './step.ts'
import type { Transform } from './transform.ts'

export interface SgdOptions {
  /** Learning rate. */
  readonly lr: number | Schedule
  /** Share of the velocity that is kept from step to step, in [0, 1). @default 0 */
  readonly momentum?: number
  /** Look ahead along the velocity (Nesterov). @default false */
  readonly nesterov?: boolean
  /** Share of each gradient after the first that is kept out of the velocity, in [0, 1). @default 0 */
  readonly dampening?: number
}

/** The type leaves the structure of the parameters open, so that it is the same for every model. */
export interface SgdState {
  /** Updates made, i32 []. */
  readonly step: Tensor
  /** Of the parameters' structure; empty without momentum. */
  readonly velocity: Tree
}

/**
 * Stochastic gradient descent, with momentum if wanted; as in PyTorch.
 *
 *     v₁ = g₁,  vₜ = momentum · vₜ₋₁ + (1 − dampening) gₜ
 *     update = −lr · vₜ                       plain: gₜ in place of vₜ where momentum = 0
 *     update = −lr · (gₜ + momentum · vₜ)     nesterov
 *
 * Source: Sutskever et al., On the importance of initialization and momentum in deep learning (2013).
 *
 * @example const optimizer = sgd({ lr: 0.1, momentum: 0.9, nesterov: true })
 */
export function sgd({ lr, momentum = 0, nesterov = false, dampening = 0 }: SgdOptions): Transform<SgdState> {
  checkRate('sgd', 'lr', lr)
  checkDecay('sgd', 'momentum', momentum)
  checkDecay('sgd', 'dampening', dampening)
  if (nesterov && (momentum === 0 || dampening !== 0))
    throw new ValueError(
      `sgd: nesterov must come with momentum and without dampening, got momentum ${momentum} ` +
        `and dampening ${dampening}. Set momentum, e.g. to 0.9, and leave dampening at 0.`,
    )
  return {
    init: (params) => ({
      step: noSteps(),
      velocity: momentum === 0 ? [] : zerosFor('sgd', params),
    }),
    update<P>(grads: P, { step, velocity }: SgdState, params: P): [P, SgdState] {
      checkMatching('sgd', 'grads', grads, params)
      const along = (directions: P): P => stride('sgd', directions, params, { lr, step })
      const next = step.add(1)
      if (momentum === 0) return [along(grads), { step: next, velocity }]

      const share = byDType((dtype) =>
        dampening === 0 ? 1 : where(step.equal(0), full([], 1, { dtype }), 1 - dampening),
      )
      const moved = zipTrees((g, v) => v.mul(momentum).add(g.mul(share(g.dtype))), grads, velocity as P, 'sgd')
      const ahead = nesterov ? zipTrees((g, v) => g.add(v.mul(momentum)), grads, moved) : moved
      return [along(ahead), { step: next, velocity: moved as Tree }]
    },
  }
}
