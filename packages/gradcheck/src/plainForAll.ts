import type fc from 'fast-check'
import { literal } from './literal.ts'
import { comparePlain, type PlainFunction, type PlainOptions } from './plainGradient.ts'
import { type SearchOptions, type SearchReport, search } from './search.ts'
import { explainSlope } from './slopeError.ts'

export interface PlainForAllOptions extends Omit<PlainOptions, 'seed'>, SearchOptions<ArrayLike<number>> {}

/**
 * Checks the gradient of a function of numbers for all arguments that an arbitrary of fast-check draws, as `checkGradient`
 * does for some. The search ends after `runs` arguments or `seconds`, whichever comes first, and shrinks what it finds.
 *
 * Throws a CounterexampleError with the case found and the shrunk one, a line that shows it again, and a test that keeps it.
 * An error that f throws counts as a failure. Where too many arguments are skipped it throws a GradientCheckError.
 *
 * @example
 * const square = { value: ([x = 0]) => x * x, gradient: ([x = 0]) => [2 * x] }
 * checkGradientForAll(square, fc.tuple(fc.double({ min: -10, max: 10, noNaN: true })))
 */
export function checkGradientForAll(
  f: PlainFunction,
  args: fc.Arbitrary<ArrayLike<number>>,
  options: PlainForAllOptions = {},
): SearchReport {
  const { precision, tolerance, directions, kinks } = options
  return search(
    {
      fn: 'checkGradientForAll',
      call: {
        check: 'checkGradient',
        from: '@wengert/gradcheck/plain',
        name: 'f',
        options: { precision, tolerance, directions, kinks },
      },
      compare: (drawn, seed) => {
        const { report, failure } = comparePlain(f, drawn, { ...options, seed })
        if (!failure) return { report, failure: null }
        const { ratio, finding } = failure.failure
        return { report, failure: { verdict: finding.verdict, ratio, explain: () => explainSlope(failure) } }
      },
      literal: (drawn) => literal(Array.from(drawn)),
    },
    args,
    options,
  )
}
