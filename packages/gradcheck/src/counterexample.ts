import { GradientCheckError } from './errors.ts'
import type { FailureReport } from './failureReport.ts'
import type { ForAllOptions } from './forAll.ts'
import { literal } from './literal.ts'
import { checkOptionsOf, nameOf, regressionTest, showOptions } from './regression.ts'
import { explainFailure, type Failure } from './report.ts'
import { show } from './sentence.ts'
import type { Verdict } from './verdict.ts'

/** Arguments at which a check fails. */
export interface Counterexample {
  readonly args: readonly unknown[]
  /** The arguments as TypeScript. */
  readonly text: string
  /** Where fast-check finds them, given the seed. */
  readonly path: string
  /** What is wrong there; null where f threw. */
  readonly report: FailureReport | null
}

/**
 * Derivatives that are wrong for some arguments, found by a search. `verdict` and `report` are those of the shrunk case;
 * where f threw an error they are null, and `cause` is that error.
 */
export class CounterexampleError extends GradientCheckError {
  override readonly name = 'CounterexampleError'
  /** The case that was drawn. */
  readonly found: Counterexample
  /** The simplest case that fails in the same way. */
  readonly shrunk: Counterexample
  /** The call that shows the shrunk case again. */
  readonly replay: string
  /**
   * A file that tests the shrunk case with vitest, to be written to disk and kept:
   * `writeFileSync('f.regression.test.ts', error.regression)`. It imports f from the option `module`.
   */
  readonly regression: string

  constructor(
    message: string,
    { found, shrunk, replay, regression }: Pick<CounterexampleError, 'found' | 'shrunk' | 'replay' | 'regression'>,
  ) {
    super(message, shrunk.report?.verdict ?? null, shrunk.report)
    this.found = found
    this.shrunk = shrunk
    this.replay = replay
    this.regression = regression
  }
}

/** How a check failed. */
export interface Fault {
  /** null where f threw. */
  readonly verdict: Verdict | null
  readonly ratio: number
  readonly failure: Failure | null
  readonly error: unknown
}

/** Arguments that fail. */
export interface Case {
  readonly args: readonly unknown[]
  readonly fault: Fault
  readonly path: string
  /** The seed of the check itself. */
  readonly seed: number
}

/** The error of a search that has found something. */
export function counterexampleError<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  {
    found,
    shrunk,
    run,
    seed,
    options,
  }: {
    readonly found: Case
    readonly shrunk: Case
    readonly run: number
    readonly seed: number
    readonly options: ForAllOptions<A>
  },
): CounterexampleError {
  const name = nameOf(f)
  const checked = checkOptionsOf(options)
  const replayed = showOptions({ seed, path: shrunk.path, ...checked })
  const replay = `checkGradientsForAll(${name}, args, ${options.examples?.length ? withExamples(replayed) : replayed})`
  const [first, last] = [textOf(found), textOf(shrunk)]
  const explained = shrunk.fault.failure && explainFailure(shrunk.fault.failure)
  const message = [
    `checkGradientsForAll: ${name} must have right derivatives for all arguments, got a counterexample in run ${run}.`,
    `  found               ${cut(first)}: ${describe(found.fault)}`,
    ...(last === first ? [] : [`  shrunk              ${cut(last)}: ${describe(shrunk.fault)}`]),
    ...(explained?.lines ?? []),
    `  Replay with ${replay}.`,
    "  The error's property `regression` is a test that keeps this case.",
  ].join('\n')
  const error = new CounterexampleError(message, {
    found: {
      args: found.args,
      text: first,
      path: found.path,
      report: found.fault.failure && explainFailure(found.fault.failure).report,
    },
    shrunk: { args: shrunk.args, text: last, path: shrunk.path, report: explained?.report ?? null },
    replay,
    regression: regressionTest({
      name,
      module: options.module,
      args: last,
      options: { ...checked, seed: shrunk.seed },
    }),
  })
  if (shrunk.fault.verdict === null) error.cause = shrunk.fault.error
  return error
}

function withExamples(options: string): string {
  return options.replace(' }', ', examples }')
}

function textOf({ args }: Case): string {
  return literal(args)
}

/** Longer arguments are cut in messages. */
const longest = 400

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`
}

function describe({ verdict, ratio, error }: Fault): string {
  return verdict === null ? `throws ${error}` : `${verdict}, ${show(ratio)} times what is accepted`
}
