import { type Tensor, type Tree, zipTrees } from '@wengert/core'
import { byDType } from './byDType.ts'
import { checkDecay, checkMatching, checkNotNegative, checkPositive } from './check.ts'
import { complement, initMoments, nextMoments } from './moments.ts'
import { checkRate, rateAt, type Schedule } from './schedule.ts'
import type { Transform } from './transform.ts'

export interface AdamOptions {
  /** Learning rate. @default 1e-3 */
  readonly lr?: number | Schedule
  /** Share of the mean gradient that is kept from step to step, in [0, 1). @default 0.9 */
  readonly beta1?: number
  /** Share of the mean squared gradient that is kept from step to step, in [0, 1). @default 0.999 */
  readonly beta2?: number
  /** Added to the root of the mean squared gradient, positive. @default 1e-8 */
  readonly eps?: number
}

export interface AdamWOptions extends AdamOptions {
  /** Share of each parameter that is taken off, times the learning rate, in each step. @default 0.01 */
  readonly weightDecay?: number
}

/** The type leaves the structure of the parameters open, so that it is the same for every model. */
export interface AdamState {
  /** Updates made, i32 []. */
  readonly step: Tensor
  /** Mean gradients, of the parameters' structure. */
  readonly m: Tree
  /** Mean squared gradients, of the parameters' structure. */
  readonly v: Tree
}

/**
 * Adam: steps of about the learning rate along each coordinate, whatever the scale of its gradient.
 *
 *     mₜ = β₁ mₜ₋₁ + (1 − β₁) gₜ
 *     vₜ = β₂ vₜ₋₁ + (1 − β₂) gₜ²
 *     update = −lr · m̂ / (√v̂ + eps),  m̂ = mₜ / (1 − β₁ᵗ),  v̂ = vₜ / (1 − β₂ᵗ)
 *
 * Source: Kingma and Ba, Adam: A method for stochastic optimization (2015), algorithm 1.
 *
 * @example const optimizer = chain(clipByGlobalNorm(1), adam({ lr: 3e-4 }))
 */
export function adam(options: AdamOptions = {}): Transform<AdamState> {
  return adaptive('adam', { ...options, weightDecay: 0 })
}

/**
 * Adam with decoupled weight decay: parameters shrink in proportion to the learning rate, whatever their gradients.
 *
 *     update = −lr · (m̂ / (√v̂ + eps) + weightDecay · p)
 *
 * Source: Loshchilov and Hutter, Decoupled weight decay regularization (2019), algorithm 2, with lr for α and the
 * schedule multiplier, as in PyTorch.
 *
 * @example const optimizer = adamw({ lr: warmup(3e-4, { steps: 100 }), weightDecay: 0.1 })
 */
export function adamw(options: AdamWOptions = {}): Transform<AdamState> {
  return adaptive('adamw', options)
}

function adaptive(
  fn: string,
  { lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0.01 }: AdamWOptions,
): Transform<AdamState> {
  checkRate(fn, 'lr', lr)
  checkDecay(fn, 'beta1', beta1)
  checkDecay(fn, 'beta2', beta2)
  checkPositive(fn, 'eps', eps)
  checkNotNegative(fn, 'weightDecay', weightDecay)
  return {
    init: (params) => initMoments(fn, params),
    update<P>(grads: P, state: AdamState, params: P): [P, AdamState] {
      checkMatching(fn, 'grads', grads, params)
      const next = nextMoments(fn, grads, state, { beta1, beta2 })
      const scalars = byDType((dtype) => {
        const t = next.step.cast(dtype)
        const rate = rateAt(fn, lr, state.step.cast(dtype))
        const size = rate.div(complement(beta1, t)).neg()
        return { size, root: complement(beta2, t).sqrt(), shrink: rate.mul(-weightDecay) }
      })
      const updates = zipTrees(
        (m, v) => {
          const { size, root } = scalars(m.dtype)
          return m.mul(size).div(v.sqrt().div(root).add(eps))
        },
        next.m as P,
        next.v as P,
      )
      if (weightDecay === 0) return [updates, next]
      return [zipTrees((u, p) => u.add(p.mul(scalars(p.dtype).shrink)), updates, params), next]
    },
  }
}
