import type { GradientReport } from './gradientReport.ts'
import { expectSame, leavingAlone, numbersOf } from './plainContract.ts'
import { type PlainOptions, plainContext, settled } from './plainGradient.ts'
import { randomNumbers, randomWeights } from './random.ts'
import { slopeError } from './slopeError.ts'
import { compareSlopes, type Disagreement, type ScalarFunction } from './slopes.ts'

/** A function of n numbers that returns m, and what is held to be its pullback. */
export interface PlainVectorFunction {
  /** m numbers. */
  readonly value: (x: Float64Array) => ArrayLike<number>
  /** uᵀ J for the Jacobian J at x and m weights u: n numbers. For the weights of one output it is that row of J. */
  readonly pullback: (x: Float64Array, u: Float64Array) => ArrayLike<number>
}

/** Up to this many outputs each is looked at by itself, to name the one at fault. */
const eachOutput = 64

/**
 * Checks the Jacobian of any function of numbers, in the form of its pullback, by finite differences: the outputs are weighted
 * at random, and the pullback of the weights is compared with the slopes of their sum, as `checkGradient` does.
 *
 * Throws a GradientCheckError as it does, which names the output too where one is at fault by itself.
 *
 * @example
 * const value = ([r = 0, a = 0]) => [r * Math.cos(a), r * Math.sin(a)]
 * const pullback = ([r = 0, a = 0], [u = 0, v = 0]) => [
 *   u * Math.cos(a) + v * Math.sin(a),
 *   r * (v * Math.cos(a) - u * Math.sin(a)),
 * ]
 * checkJacobian({ value, pullback }, [2, 0.5])
 */
export function checkJacobian(
  f: PlainVectorFunction,
  x: ArrayLike<number>,
  options: PlainOptions = {},
): GradientReport {
  const at = Float64Array.from(x)
  const replay = settled(options)
  const random = randomNumbers(replay.seed)
  const once = numbersOf('checkJacobian: value', leavingAlone('checkJacobian: value', f.value, at))
  expectSame('checkJacobian: value', once, f.value(at.slice()))
  const errorOf = (failure: Disagreement, outputs: string): Error =>
    slopeError({ failure, context: plainContext(`checkJacobian: the derivative of ${outputs}`, at, replay) })
  const compare = (u: Float64Array) => compareSlopes(weighted(f, u), at, { ...replay, random })
  const found = compare(randomWeights(once.length, random))
  if (!found.failure)
    return { order: 1, inputs: at.length, checks: found.checks, worst: found.worst, kinks: found.kinks }
  for (let output = 0; output < Math.min(once.length, eachOutput); output++) {
    const { failure } = compare(Float64Array.from(once, (_, i) => Number(i === output)))
    if (failure?.finding.verdict === found.failure.finding.verdict) throw errorOf(failure, `output ${output}`)
  }
  throw errorOf(found.failure, 'the weighted outputs')
}

/** The sum of the outputs times their weights. */
function weighted(f: PlainVectorFunction, u: Float64Array): ScalarFunction {
  return {
    value: (x) => {
      const y = f.value(x.slice())
      return u.reduce((total, weight, i) => (weight === 0 ? total : total + weight * (y[i] as number)), 0)
    },
    gradient: (x) => {
      const pullback = (at: Float64Array): ArrayLike<number> => f.pullback(at, u.slice())
      return numbersOf('checkJacobian: pullback', leavingAlone('checkJacobian: pullback', pullback, x), x.length)
    },
  }
}
