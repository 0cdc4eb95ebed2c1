import type fc from 'fast-check'
import { type CheckOptions, compareDerivatives } from './check.ts'
import { literal } from './literal.ts'
import { nameOf } from './regression.ts'
import { explainFailure } from './report.ts'
import { type SearchOptions, type SearchReport, search } from './search.ts'
import { tensorLiteral } from './tensorLiteral.ts'

export interface ForAllOptions<A extends readonly unknown[] = readonly unknown[]>
  extends Omit<CheckOptions, 'seed'>,
    SearchOptions<A> {}

/**
 * Checks derivatives for all arguments that an arbitrary of fast-check draws, as `checkGradients` does for some. It needs no
 * test runner. The search ends after `runs` arguments or `seconds`, whichever comes first.
 *
 * Where a check fails, the arguments are shrunk: shapes first, then numbers towards short ones. A simpler case counts only if
 * its verdict is the same and it is about as wrong, so that code which is plainly wrong is not reported with an error
 * barely above the tolerance. Shrinking takes 30 seconds at most.
 *
 * Throws a CounterexampleError with the case found and the shrunk one, a line that shows it again, and a test that keeps it.
 * An error that f throws counts as a failure. Where too many arguments are skipped it throws a GradientCheckError.
 *
 * @example checkGradientsForAll((x: Tensor) => logSumExp(x), fc.tuple(tensors([3])))
 * @example checkGradientsForAll((x: Tensor) => relu(x), fc.tuple(tensors([4])), { kinks: 'accept', seconds: 0.1 })
 */
export function checkGradientsForAll<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: fc.Arbitrary<A>,
  options: ForAllOptions<A> = {},
): SearchReport {
  const { order, tolerance, directions, kinks } = options
  const imports = ["import { tensor } from '@wengert/core'"]
  return search(
    {
      fn: 'checkGradientsForAll',
      call: {
        check: 'checkGradients',
        from: '@wengert/gradcheck',
        name: nameOf(f),
        preparation: (args) => ({ imports: args.includes('tensor(') ? imports : [], setup: [] }),
        options: { order, tolerance, directions, kinks },
      },
      compare: (drawn, seed) => {
        const { report, failure } = compareDerivatives(f, drawn, { ...options, seed })
        if (!failure) return { report, failure: null }
        const { ratio, finding } = failure.failure
        return { report, failure: { verdict: finding.verdict, ratio, explain: () => explainFailure(failure) } }
      },
      literal: (drawn) => literal(drawn, tensorLiteral),
    },
    args,
    options,
  )
}
