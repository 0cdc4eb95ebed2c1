import { GradientCheckError } from './errors.ts'
import type { GradientReport } from './gradientReport.ts'
import { expectSame, leavingAlone, numbersOf } from './plainContract.ts'
import { type Precision, precisions } from './precision.ts'
import { randomNumbers } from './random.ts'
import { type SlopeContext, type SlopeFailure, slopeError } from './slopeError.ts'
import { compareSlopes, type ScalarFunction } from './slopes.ts'

/** A function of n numbers, and what is held to be its gradient. */
export interface PlainFunction {
  readonly value: (x: Float64Array) => number
  /** n numbers. */
  readonly gradient: (x: Float64Array) => ArrayLike<number>
}

export interface PlainOptions {
  /**
   * What the function computes in. It sets the round-off to allow for, and with it the steps of differences: 'f32' where any
   * of its numbers are rounded to f32. Slopes below a thousandth of the function's value are then hard to see. @default 'f64'
   */
  readonly precision?: Precision
  /** Largest accepted relative difference of two slopes. @default 1e-6, in f32 1e-3 */
  readonly tolerance?: number
  /** Fixes the random numbers. @default 0 */
  readonly seed?: number
  /** Random directions tried where there are more than 64 inputs. @default 4 */
  readonly directions?: number
  /** Where the one-sided slopes differ, as those of |x| at 0: whether any gradient between them will do. @default 'reject' */
  readonly kinks?: 'reject' | 'accept'
}

/**
 * Checks the gradient of any function of numbers, whoever computes it, by finite differences.
 *
 * Each input is moved by itself where there are at most 64; where there are more, random directions and some inputs are.
 * `value` must give the same number twice, and neither function may change its argument.
 *
 * Throws a GradientCheckError that names the element at which the gradient is most plainly wrong, with both values. Its
 * `verdict` tells a wrong gradient from a kink, a discontinuity, and a function too full of round-off to tell.
 *
 * @example checkGradient({ value: ([x = 0]) => Math.exp(2 * x), gradient: ([x = 0]) => [2 * Math.exp(2 * x)] }, [0.5])
 */
export function checkGradient(f: PlainFunction, x: ArrayLike<number>, options: PlainOptions = {}): GradientReport {
  const { report, failure } = comparePlain(f, x, options)
  if (failure) throw slopeError(failure)
  return report
}

/** The same, where a slope that disagrees is returned and not yet looked into. */
export function comparePlain(
  f: PlainFunction,
  x: ArrayLike<number>,
  options: PlainOptions,
): { readonly report: GradientReport; readonly failure: SlopeFailure | null } {
  const at = Float64Array.from(x)
  const replay = settled(options)
  const { failure, checks, worst, kinks } = compareSlopes(guarded(f, at), at, {
    ...replay,
    random: randomNumbers(replay.seed),
  })
  return {
    report: { order: 1, inputs: at.length, checks, worst, kinks },
    failure: failure && { failure, context: plainContext('checkGradient: the gradient', at, replay) },
  }
}

/** Options with their defaults. */
export function settled({
  precision = 'f64',
  tolerance = precisions[precision].tolerance,
  seed = 0,
  directions = 4,
  kinks = 'reject',
}: PlainOptions): Required<PlainOptions> {
  return { precision, tolerance, seed, directions, kinks }
}

export function plainContext(derivative: string, x: Float64Array, replay: Required<PlainOptions>): SlopeContext {
  return {
    derivative,
    placeOf: (input) => `x[${input}] = ${x[input]}`,
    elementOf: (input) => ({ path: [0], index: [input] }),
    replay,
  }
}

/** The same function, which gets arrays of its own, once it is seen to keep to what a function must. */
function guarded(f: PlainFunction, x: Float64Array): ScalarFunction {
  const value: unknown = leavingAlone('checkGradient: value', f.value, x)
  if (typeof value !== 'number')
    throw new GradientCheckError(`checkGradient: value must return a number, got ${typeof value}.`)
  expectSame('checkGradient: value', [value], [f.value(x.slice())])
  const name = 'checkGradient: gradient'
  const gradient = numbersOf(name, leavingAlone(name, f.gradient, x), x.length)
  expectSame(name, gradient, f.gradient(x.slice()))
  return { value: (at) => f.value(at.slice()), gradient: () => gradient }
}
