import { checkCount, cos, floor, full, maximum, minimum, ShapeError, showShape, type Tensor } from '@wengert/core'
import { checkNotNegative, checkPositive } from './check.ts'

/**
 * A rate that changes from step to step: a function of the number of updates made before, 0 at the first, which
 * arrives as a float scalar of the parameters' dtype. It is written in tensor operations and so is part of the step's
 * plan: no step is planned anew. Branch with `where`, `minimum` and the like. A constant rate is a plain number.
 *
 * @example const inverseSquareRoot: Schedule = (step) => step.add(1).pow(-0.5).mul(0.01)
 */
export type Schedule = (step: Tensor) => Tensor

/** A rate at a step, where a number is the same at each; a scalar of the step's dtype. */
export function rateAt(fn: string, rate: number | Schedule, step: Tensor): Tensor {
  if (typeof rate === 'number') return full([], rate, { dtype: step.dtype })
  const value = rate(step)
  if (value.shape.length !== 0)
    throw new ShapeError(
      `${fn}: lr must be a schedule that returns a scalar, got shape ${showShape(value.shape)}. ` +
        'Compute it from the step alone.',
    )
  return value.cast(step.dtype)
}

/** Checks a rate as far as it is known before the first step. */
export function checkRate(fn: string, name: string, rate: number | Schedule): void {
  if (typeof rate !== 'function') checkPositive(fn, name, rate)
}

export interface CosineDecayOptions {
  /** Rate at step 0. */
  readonly initial: number
  /** Number of steps until the final rate. */
  readonly steps: number
  /** Rate from then on. @default 0 */
  readonly final?: number
}

/**
 * Half a cosine from the initial to the final rate: gentle at both ends. Use it when the number of steps is known.
 *
 *     rate(t) = final + (initial − final) · ½ (1 + cos(π min(t / steps, 1)))
 *
 * Source: Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts (2017), without restarts.
 *
 * @example const optimizer = adam({ lr: cosineDecay({ initial: 1e-3, steps: 10_000 }) })
 */
export function cosineDecay({ initial, steps, final = 0 }: CosineDecayOptions): Schedule {
  checkPositive('cosineDecay', 'initial', initial)
  checkCount('cosineDecay', 'steps', steps, 1)
  checkNotNegative('cosineDecay', 'final', final)
  return (step) =>
    cos(minimum(step.div(steps), 1).mul(Math.PI))
      .add(1)
      .mul((initial - final) / 2)
      .add(final)
}

export interface StepDecayOptions {
  /** Rate of the first steps. */
  readonly initial: number
  /** Number of steps between two changes. */
  readonly every: number
  /** What each change multiplies the rate by, positive. */
  readonly factor: number
}

/**
 * A rate that stays for a number of steps and then changes by a factor, again and again.
 *
 *     rate(t) = initial · factor^⌊t / every⌋
 *
 * @example const optimizer = sgd({ lr: stepDecay({ initial: 0.1, every: 1000, factor: 0.5 }), momentum: 0.9 })
 */
export function stepDecay({ initial, every, factor }: StepDecayOptions): Schedule {
  checkPositive('stepDecay', 'initial', initial)
  checkCount('stepDecay', 'every', every, 1)
  checkPositive('stepDecay', 'factor', factor)
  return (step) => {
    // Half a step keeps the quotient off the integers, where rounding would decide.
    const changes = floor(step.add(0.5).div(every))
    return full([], factor, { dtype: step.dtype }).pow(changes).mul(initial)
  }
}

export interface WarmupOptions {
  /** Number of steps below the full rate. */
  readonly steps: number
}

/**
 * A rate that rises evenly from near 0 and then goes on as a schedule or a number. Use it where the first gradients are
 * not to be trusted: large batches, adaptive optimizers, deep models.
 *
 *     rate(t) = schedule(max(t − steps, 0)) · min((t + 1) / (steps + 1), 1)
 *
 * The schedule begins where the rise ends. Step 0 already moves, by 1 / (steps + 1) of the full rate.
 *
 * Source: Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour (2017), section 2.2.
 *
 * @example const optimizer = adam({ lr: warmup(cosineDecay({ initial: 1e-3, steps: 9000 }), { steps: 1000 }) })
 */
export function warmup(schedule: number | Schedule, { steps }: WarmupOptions): Schedule {
  checkRate('warmup', 'schedule', schedule)
  checkCount('warmup', 'steps', steps, 1)
  return (step) => {
    const risen = minimum(step.add(1).div(steps + 1), 1)
    return rateAt('warmup', schedule, maximum(step.sub(steps), 0)).mul(risen)
  }
}
