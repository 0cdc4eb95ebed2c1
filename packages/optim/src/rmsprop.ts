import { maximum, type Tensor, type Tree, zipTrees } from '@wengert/core'
import { checkDecay, checkMatching, checkPositive } from './check.ts'
import { meanSquares } from './moments.ts'
import { checkRate, type Schedule } from './schedule.ts'
import { movingMean, noSteps, stride, zerosFor } from './step.ts'
import type { Transform } from './transform.ts'

export interface RmspropOptions {
  /** Learning rate. @default 1e-2 */
  readonly lr?: number | Schedule
  /** Share of the mean squared gradient that is kept from step to step, in [0, 1). @default 0.99 */
  readonly decay?: number
  /** Added to the root of the mean squared gradient, positive. @default 1e-8 */
  readonly eps?: number
  /** Share of the velocity that is kept from step to step, in [0, 1). @default 0 */
  readonly momentum?: number
  /** Divide by the spread of the gradients about their mean, not by their size. @default false */
  readonly centered?: boolean
}

/** The type leaves the structure of the parameters open, so that it is the same for every model. */
export interface RmspropState {
  /** Updates made, i32 []. */
  readonly step: Tensor
  /** Mean squared gradients, of the parameters' structure. */
  readonly v: Tree
  /** Mean gradients, of the parameters' structure; empty unless centered. */
  readonly m: Tree
  /** Of the parameters' structure; empty without momentum. */
  readonly velocity: Tree
}

/**
 * RMSprop: gradients divided by their recent size. Adam without its mean and its correction of the start; take it for recurrent
 * networks and where published recipes do.
 *
 *     vₜ = decay · vₜ₋₁ + (1 − decay) gₜ²
 *     direction = gₜ / (√vₜ + eps)               √(vₜ − mₜ²) for √vₜ if centered, m the running mean of g with the same decay
 *     velocityₜ = momentum · velocityₜ₋₁ + direction
 *     update = −lr · velocityₜ
 *
 * As in PyTorch, eps stands outside of the root; optax puts it inside unless told otherwise, and has decay 0.9. v starts at 0 and is not
 * corrected for it, so that first steps are 1 / √(1 − decay) times as long.
 *
 * Source: Tieleman and Hinton, Lecture 6.5: rmsprop (2012); centered: Graves, Generating sequences with recurrent neural networks (2013).
 *
 * @example const optimizer = rmsprop({ lr: 1e-3, momentum: 0.9 })
 */
export function rmsprop({
  lr = 1e-2,
  decay = 0.99,
  eps = 1e-8,
  momentum = 0,
  centered = false,
}: RmspropOptions = {}): Transform<RmspropState> {
  const fn = 'rmsprop'
  checkRate(fn, 'lr', lr)
  checkDecay(fn, 'decay', decay)
  checkPositive(fn, 'eps', eps)
  checkDecay(fn, 'momentum', momentum)
  return {
    init: (params) => ({
      step: noSteps(),
      v: zerosFor(fn, params),
      m: centered ? zerosFor(fn, params) : [],
      velocity: momentum === 0 ? [] : zerosFor(fn, params),
    }),
    update<P>(grads: P, { step, ...state }: RmspropState, params: P): [P, RmspropState] {
      checkMatching(fn, 'grads', grads, params)
      const v = meanSquares(fn, state.v, grads, decay)
      const m = centered ? movingMean(fn, state.m, grads as Tree, decay) : state.m
      // Rounding may leave a spread of less than 0.
      const spread = centered ? zipTrees((v, m) => maximum(v.sub(m.square()), 0), v, m as P) : v
      const directions = zipTrees((g, v) => g.div(v.sqrt().add(eps)), grads, spread)
      const velocity =
        momentum === 0
          ? directions
          : zipTrees((was, d) => was.mul(momentum).add(d), state.velocity as P, directions, fn)
      return [
        stride(fn, velocity, params, { lr, step }),
        { step: step.add(1), v: v as Tree, m, velocity: momentum === 0 ? state.velocity : (velocity as Tree) },
      ]
    },
  }
}
