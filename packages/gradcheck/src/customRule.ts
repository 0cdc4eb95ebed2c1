import { showShape, sizeOf, type Tape, type Tensor, tape, tensor } from '@wengert/core'
import { type CheckOptions, checkGradients } from './check.ts'
import { excerpt, showCulprit } from './culprit.ts'
import { GradientCheckError } from './errors.ts'
import type { GradientReport } from './gradientReport.ts'
import { compareLocal, type LocalLine, localLines, visitLines } from './local.ts'
import { concatenate, valuesOf } from './oracle.ts'
import { checkPullback, type PullbackReport } from './pullback.ts'
import { randomNumbers, randomWeights } from './random.ts'
import { floatsOf, subjectOf } from './variables.ts'

/** What a passed check did. */
export interface CustomVjpReport {
  /** Rules of customVjp checked by themselves, one for each output of each. */
  readonly rules: number
  /** The check of the whole function by differences. */
  readonly gradients: GradientReport
  /** The check of the whole function by the laws of pullbacks. */
  readonly pullback: PullbackReport
}

/**
 * Checks a function with rules given to `customVjp` in every way there is: each rule by itself, at the values that reach
 * it, against differences of its own function and for linearity; then the whole by `checkPullback` and `checkGradients`,
 * whose arguments and options it takes.
 *
 * Throws a GradientCheckError that names the rule: its line on the tape, its shapes, the input and both values.
 *
 * @example
 * const safeLog = customVjp((x: Tensor) => x.log(), (g, _, x) => [g.div(x)])
 * checkCustomVjp((x: Tensor) => safeLog(x.square()), [tensor([1, 2, 3])])
 */
export function checkCustomVjp<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  options: CheckOptions = {},
): CustomVjpReport {
  const { tolerance = 1e-6, seed = 0, kinks = 'reject' } = options
  const { f: traceable, inputs } = subjectOf('checkCustomVjp', f, args)
  const list = tape(floatsOf('checkCustomVjp', traceable(inputs)))
  const rules = localLines(list, inputs).filter(({ ownRule }) => ownRule)
  if (rules.length === 0)
    throw new GradientCheckError(
      'checkCustomVjp: f must use a function made by customVjp between its float arguments and its results, got none. ' +
        'Use checkGradients.',
    )
  const random = randomNumbers(seed)
  let number = 0
  visitLines(list, rules, (rule) => {
    const name = `checkCustomVjp: rule ${++number} of ${rules.length}`
    checkSlopes(name, list, rule, { tolerance, random, kinks })
    checkLinear(name, list, rule, random)
    return null
  })
  return {
    rules: rules.length,
    pullback: checkPullback(f, args, { seed }),
    gradients: checkGradients(f, args, options),
  }
}

function checkSlopes(
  name: string,
  list: Tape,
  rule: LocalLine,
  options: { readonly tolerance: number; readonly random: () => number; readonly kinks: 'reject' | 'accept' },
): void {
  const size = sizeOf(rule.line.shape)
  for (const cotangent of [new Float64Array(size).fill(1), randomWeights(size, options.random)]) {
    const { failure } = compareLocal(rule, cotangent, options)
    if (!failure) continue
    const { analytic, numeric, finding } = failure
    const got = finding.verdict === 'wrong' ? `${analytic} instead of ${numeric}` : `a verdict of ${finding.verdict}`
    const lines = [
      `${name} must have the derivative of its function, got ${got}.`,
      ...showCulprit(list, { local: rule, failure }),
    ]
    throw new GradientCheckError(lines.join('\n'), finding.verdict)
  }
}

/** Largest difference accepted in what must be equal but for round-off. */
const exactness = 1e-9

function checkLinear(
  name: string,
  list: Tape,
  { line, inputs, pull, position }: LocalLine,
  random: () => number,
): void {
  const wrong = (what: string): GradientCheckError =>
    new GradientCheckError([`${name} must ${what}.`, ...excerpt(list, position)].join('\n'))
  const cotangent = (data: Float64Array): Tensor => tensor(data, { shape: line.shape, dtype: line.dtype })
  const size = sizeOf(line.shape)
  const [u, w] = [cotangent(randomWeights(size, random)), cotangent(randomWeights(size, random))]
  const gradients = pull(u)
  gradients.forEach((gradient, i) => {
    const { dtype, shape } = inputs[i] as Tensor
    if (gradient.dtype !== dtype)
      throw wrong(`return gradients of the dtype of its inputs, ${dtype} ${showShape(shape)}, got ${gradient.dtype}`)
  })
  const of = (g: readonly Tensor[]): Float64Array => concatenate(valuesOf(g))
  const [ofU, ofW] = [of(gradients), of(pull(w))]
  const [joint, zero] = [of(pull(u.mul(-3).add(w))), of(pull(cotangent(new Float64Array(size))))]
  const scale = Math.max(...ofU.map(Math.abs), ...ofW.map(Math.abs))
  joint.forEach((value, i) => {
    const apart = -3 * (ofU[i] as number) + (ofW[i] as number)
    if (!(Math.abs(value - apart) <= exactness * (scale + 1e-3)))
      throw wrong(`be linear in its cotangent, got ${value} for −3 u + w where u and w give ${apart}`)
  })
  const some = zero.find((value) => value !== 0)
  if (some !== undefined) throw wrong(`map a cotangent of 0 to 0, got ${some}`)
}
