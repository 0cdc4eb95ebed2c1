import { grad, sizeOf, sum, type Tensor, tensor, valueAndGrad } from '@wengert/core'
import type { GradientReport } from './gradientReport.ts'
import { type Held, tracedAt } from './oracle.ts'
import { randomNumbers, randomWeights } from './random.ts'
import { type Failure, failureError } from './report.ts'
import { compareSlopes, type Disagreement } from './slopes.ts'
import { floatsOf, type Subject, subjectOf } from './variables.ts'

export interface CheckOptions {
  /** Check derivatives up to this order. @default 2 */
  readonly order?: number
  /** Largest accepted relative difference of two slopes. @default 1e-6 */
  readonly tolerance?: number
  /** Fixes the random cotangents and directions. @default 0 */
  readonly seed?: number
  /** Random directions tried where there are more than 64 inputs. @default 4 */
  readonly directions?: number
  /**
   * Where the one-sided slopes differ, as at relu(0): whether any gradient between them will do. The jump that a kink
   * makes in the derivative of the next order is accepted with it. Where several kinks meet in one number, the sum of values
   * that each lie between their slopes may lie outside, and is then wrong. @default 'reject'
   */
  readonly kinks?: 'reject' | 'accept'
}

/**
 * Checks that the derivatives of f agree with finite differences, in f64 on the CPU, up to order 2 unless told otherwise.
 *
 * f takes any trees of tensors and returns a tree of tensors. Float tensors among the arguments are converted to f64
 * and differentiated by; all others are handed through. The outputs are weighted with random cotangents, and the gradient
 * of that scalar is compared with its slopes; for order 2 the same is done to a random combination of the gradient, and
 * so on. f is traced once per order and replayed for each difference. What stands behind stopGradient is held fixed, as
 * the derivative holds it.
 *
 * Throws a GradientCheckError that names the argument and the element, with both values, both Jacobians or, where these are
 * large, a drawing of their difference, and the first line of the tape whose own derivative is wrong. Its `verdict` tells a
 * wrong derivative from a kink (relu at 0), a discontinuity, and a function too full of round-off to tell; its `report` is the
 * message as data.
 *
 * @example checkGradients((x: Tensor) => logSumExp(x), [tensor([1, 2, 3])])
 * @example checkGradients((x: Tensor) => relu(x), [tensor([0, 1])], { kinks: 'accept' })
 */
export function checkGradients<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  options: CheckOptions = {},
): GradientReport {
  const { report, failure } = compareDerivatives(f, args, options)
  if (failure) throw failureError(failure)
  return report
}

/** The same up to the first order at which a slope disagrees, which is returned and not yet looked into. */
export function compareDerivatives<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  options: CheckOptions,
): { readonly report: GradientReport; readonly failure: Failure | null } {
  const { order = 2, seed = 0 } = options
  const random = randomNumbers(seed)
  const subject = subjectOf('checkGradients', f, args)
  const report = { order, inputs: subject.x.length, checks: 0, worst: 0, kinks: 0 }
  const found = compareOrders(derivativesOf(subject, order, random), subject.x, { ...options, random }, report)
  if (!found) return { report, failure: null }
  const { n, failure, outputs, objective } = found
  const { tolerance = 1e-6, directions = 4, kinks = 'reject' } = options
  return {
    report,
    failure: { order: n, failure, subject, outputs, objective, options: { tolerance, seed, directions, kinks } },
  }
}

/** A scalar made of f, or of its gradient, with its own gradient: both traced, to be replayed for any inputs. */
export interface Derivative extends Held {
  /** What was made into a scalar: f, or the gradient of the order before. */
  readonly outputs: (xs: readonly Tensor[]) => unknown
  readonly objective: (xs: readonly Tensor[]) => Tensor
}

/** The derivatives of f up to an order, each traced when it is asked for. */
export function* derivativesOf({ f, inputs }: Subject, order: number, random: () => number): Generator<Derivative> {
  let outputs = f
  for (let n = 1; n <= order; n++) {
    const objective = weighted(outputs, random)
    const [line, gradient] = valueAndGrad(objective)(inputs)
    yield { outputs, objective, ...tracedAt(inputs, line, gradient) }
    outputs = grad(objective) as (xs: readonly Tensor[]) => unknown
  }
}

/** Compares derivatives with slopes at x, and adds to a report. Returns the first that disagrees. */
export function compareOrders(
  derivatives: Iterable<Derivative>,
  x: Float64Array,
  options: CheckOptions & { readonly random: () => number },
  report: { checks: number; worst: number; kinks: number },
): (Derivative & { readonly n: number; readonly failure: Disagreement }) | null {
  const { tolerance = 1e-6, directions = 4, kinks = 'reject', random } = options
  let before: ((x: Float64Array) => number) | null = null
  let n = 0
  for (const derivative of derivatives) {
    n++
    const found = compareSlopes(derivative, x, { tolerance, directions, random, kinks, before })
    report.checks += found.checks
    if (found.failure) return { ...derivative, n, failure: found.failure }
    report.worst = Math.max(report.worst, found.worst)
    report.kinks += found.kinks
    before = derivative.value
  }
  return null
}

/** f as a scalar: its float outputs, each element with a random weight that stays the same from call to call. */
function weighted(f: (xs: readonly Tensor[]) => unknown, random: () => number): (xs: readonly Tensor[]) => Tensor {
  const weights: Tensor[] = []
  return (xs) => {
    const terms = floatsOf('checkGradients', f(xs)).map((y, i) => {
      weights[i] ??= tensor(randomWeights(sizeOf(y.shape), random), { shape: y.shape })
      return sum(y.mul(weights[i]))
    })
    return terms.reduce((total, term) => total.add(term))
  }
}
