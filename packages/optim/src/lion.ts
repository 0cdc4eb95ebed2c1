import { mapTree, sign, type Tensor, type Tree } from '@wengert/core'
import { checkDecay, checkMatching, checkNotNegative } from './check.ts'
import { checkRate, type Schedule } from './schedule.ts'
import { movingMean, noSteps, stride, zerosFor } from './step.ts'
import type { Transform } from './transform.ts'

export interface LionOptions {
  /** Learning rate: what each element moves by. A third to a tenth of Adam's. @default 1e-4 */
  readonly lr?: number | Schedule
  /** Share of the mean gradient in the direction of a step, in [0, 1). @default 0.9 */
  readonly beta1?: number
  /** Share of the mean gradient that is kept from step to step, in [0, 1). @default 0.99 */
  readonly beta2?: number
  /** Share of each parameter that is taken off, times the learning rate, in each step. @default 0 */
  readonly weightDecay?: number
}

/** The type leaves the structure of the parameters open, so that it is the same for every model. */
export interface LionState {
  /** Updates made, i32 []. */
  readonly step: Tensor
  /** Mean gradients, of the parameters' structure. */
  readonly m: Tree
}

/**
 * Lion: every element moves by the learning rate, up or down by the sign of its mean gradient. Holds half of Adam's state;
 * meant for large batches, where signs are sure. It never comes to rest at a constant rate: let a schedule take the rate down.
 *
 *     update = −lr · (sign(β₁ mₜ₋₁ + (1 − β₁) gₜ) + weightDecay · p)
 *     mₜ = β₂ mₜ₋₁ + (1 − β₂) gₜ
 *
 * A mean gradient of exactly 0 moves nothing. The decay is 0 unless given, as in the authors' code; optax takes 1e-3.
 *
 * Source: Chen et al., Symbolic discovery of optimization algorithms (2023).
 *
 * @example const optimizer = lion({ lr: cosineDecay({ initial: 1e-4, steps: 10_000 }), weightDecay: 1 })
 */
export function lion({
  lr = 1e-4,
  beta1 = 0.9,
  beta2 = 0.99,
  weightDecay = 0,
}: LionOptions = {}): Transform<LionState> {
  checkRate('lion', 'lr', lr)
  checkDecay('lion', 'beta1', beta1)
  checkDecay('lion', 'beta2', beta2)
  checkNotNegative('lion', 'weightDecay', weightDecay)
  return {
    init: (params) => ({ step: noSteps(), m: zerosFor('lion', params) }),
    update<P>(grads: P, { step, m }: LionState, params: P): [P, LionState] {
      checkMatching('lion', 'grads', grads, params)
      const directions = mapTree(sign, movingMean('lion', m, grads, beta1))
      const updates = stride('lion', directions, params, { lr, step, weightDecay })
      return [updates, { step: step.add(1), m: movingMean('lion', m, grads as Tree, beta2) }]
    },
  }
}
