import { full, mapTree, type Tensor, type Tree, zipTrees } from '@wengert/core'
import { checkMatching, checkNotNegative, checkPositive } from './check.ts'
import { checkRate, type Schedule } from './schedule.ts'
import { noSteps, stride } from './step.ts'
import type { Transform } from './transform.ts'

export interface AdagradOptions {
  /** Learning rate. @default 1e-2 */
  readonly lr?: number | Schedule
  /** Added to the root of the sum of squares, positive. @default 1e-10 */
  readonly eps?: number
  /** What the sums of squares start at, at least 0. @default 0 */
  readonly initial?: number
}

/** The type leaves the structure of the parameters open, so that it is the same for every model. */
export interface AdagradState {
  /** Updates made, i32 []. */
  readonly step: Tensor
  /** Sums of squared gradients, of the parameters' structure. */
  readonly sum: Tree
}

/**
 * Adagrad: the more gradient an element has seen, the smaller its steps. For sparse gradients, such as those of embeddings, where rare
 * rows must learn from few examples; rates only fall, so long training of dense networks comes to a halt.
 *
 *     sₜ = sₜ₋₁ + gₜ²,  s₀ = initial
 *     update = −lr · gₜ / (√sₜ + eps)
 *
 * As in PyTorch. optax starts the sums at 0.1 and puts its eps of 1e-7 inside the root.
 *
 * Source: Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization (2011).
 *
 * @example const optimizer = adagrad({ lr: 0.1, initial: 0.1 })
 */
export function adagrad({ lr = 1e-2, eps = 1e-10, initial = 0 }: AdagradOptions = {}): Transform<AdagradState> {
  checkRate('adagrad', 'lr', lr)
  checkPositive('adagrad', 'eps', eps)
  checkNotNegative('adagrad', 'initial', initial)
  return {
    init: (params) => ({
      step: noSteps(),
      sum: mapTree(({ shape, dtype }) => full(shape, initial, { dtype }), params, 'adagrad') as Tree,
    }),
    update<P>(grads: P, { step, sum }: AdagradState, params: P): [P, AdagradState] {
      checkMatching('adagrad', 'grads', grads, params)
      const next = zipTrees((g, s) => s.add(g.square()), grads, sum as P, 'adagrad')
      const directions = zipTrees((g, s) => g.div(s.sqrt().add(eps)), grads, next)
      return [stride('adagrad', directions, params, { lr, step }), { step: step.add(1), sum: next as Tree }]
    },
  }
}
