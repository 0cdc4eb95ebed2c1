import { hostValue, isFloat, leaves, sameShape, type Tensor } from '@wengert/core'
import { type CheckOptions, checkGradients, compareOrders, type Derivative, derivativesOf } from './check.ts'
import { GradientCheckError } from './errors.ts'
import type { GradientReport } from './gradientReport.ts'
import { oracle } from './oracle.ts'
import { randomNumbers } from './random.ts'
import { pointsTried, type ScalarFunction } from './slopes.ts'
import { subjectOf } from './variables.ts'

/**
 * `checkGradients` for many arguments of the same shapes: f is traced here, once, and each check replays what was traced. Use it
 * in a loop or a property where tracing would take most of the time.
 *
 * Arguments must agree with those it was made for in structure and shapes, and in all that is not a float, such as labels;
 * others throw. A failed check is done again by `checkGradients`, whose error it throws.
 *
 * @example
 * const check = gradientChecker((x: Tensor) => logSumExp(x), [tensor([1, 2, 3])])
 * check([tensor([3, 2, 1])])
 */
export function gradientChecker<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  example: A,
  options: CheckOptions = {},
): (args: A) => GradientReport {
  const { order = 2, seed = 0, directions = 4 } = options
  const fn = 'gradientChecker'
  const subject = subjectOf(fn, f, example)
  const { x } = subject
  const points = pointsTried(x.length, directions)
  const derivatives = Array.from(
    derivativesOf(subject, order, randomNumbers(seed)),
    (derivative): Derivative & ScalarFunction => ({ ...derivative, several: derivative.severalOf(points) }),
  )
  const made = leaves(example, fn)
  return (args) => {
    takeFloats(made, leaves(args, fn), x)
    for (const { hold } of derivatives) hold(x)
    const report = { order, inputs: x.length, checks: 0, worst: 0, kinks: 0 }
    if (compareOrders(derivatives, x, { ...options, random: randomNumbers(seed) }, report)) {
      checkGradients(f, args, options)
      throw new GradientCheckError(
        `${fn}: f must compute the same whenever it is traced, got a gradient that is wrong as it was traced first, and right now. ` +
          'Write it without branches on values, and without what changes between calls.',
      )
    }
    return report
  }
}

/** Copies the numbers of the floats among tensors, which must be like those traced. */
function takeFloats(made: readonly Tensor[], given: readonly Tensor[], x: Float64Array): void {
  let at = 0
  if (given.length !== made.length) throw unlike(`${given.length} tensors instead of ${made.length}`)
  for (let i = 0; i < made.length; i++) {
    const [{ dtype, shape }, leaf] = [made[i] as Tensor, given[i] as Tensor]
    // Floats of any kind are checked in f64.
    const isAlike = leaf.dtype === dtype || (isFloat(leaf.dtype) && isFloat(dtype))
    if (!isAlike || !sameShape(leaf.shape, shape))
      throw unlike(`${leaf.dtype} [${leaf.shape}] instead of ${dtype} [${shape}] at tensor ${i}`)
    if (isFloat(dtype)) {
      const values = numbersOf(leaf)
      for (let k = 0; k < values.length; k++) x[at++] = values[k] as number
    } else if (leaf !== made[i]) {
      const [traced, values] = [numbersOf(made[i] as Tensor), numbersOf(leaf)]
      if (Array.from(values).some((v, j) => v !== traced[j])) throw unlike(`other ${dtype} numbers at tensor ${i}`)
    }
  }
}

function numbersOf(leaf: Tensor): ArrayLike<number> {
  return hostValue(leaf) ?? leaf.dataSync({ backend: oracle() })
}

function unlike(what: string): GradientCheckError {
  return new GradientCheckError(
    `gradientChecker: args must be like those it was made for, got ${what}. Make another checker for them.`,
  )
}
