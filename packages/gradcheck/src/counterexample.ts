import { GradientCheckError } from './errors.ts'
import type { Explanation } from './explanation.ts'
import type { FailureReport } from './failureReport.ts'
import { type CheckCall, regressionTest, showOptions } from './regression.ts'
import { show } from './sentence.ts'
import type { Verdict } from './verdict.ts'

/** Arguments at which a check fails. */
export interface Counterexample {
  readonly args: unknown
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
  /** null where f threw. */
  readonly explain: (() => Explanation) | null
  readonly error: unknown
}

/** Arguments that fail. */
export interface Case {
  readonly args: unknown
  readonly fault: Fault
  readonly path: string
  /** The seed of the check itself. */
  readonly seed: number
}

/** A search that has found something. */
export interface Finding {
  readonly found: Case
  readonly shrunk: Case
  /** Number of the run in which it was found. */
  readonly run: number
  /** The seed of the search. */
  readonly seed: number
  /** The search, such as `checkGradientsForAll`. */
  readonly fn: string
  readonly call: CheckCall
  readonly literal: (args: unknown) => string
  readonly hasExamples: boolean
  readonly module: string | undefined
}

export function counterexampleError(finding: Finding): CounterexampleError {
  const { found, shrunk, run, seed, fn, call, literal, hasExamples, module } = finding
  const replayed = showOptions({ seed, path: shrunk.path, ...call.options })
  const replay = `${fn}(${call.name}, args, ${hasExamples ? withExamples(replayed) : replayed})`
  const [first, last] = [literal(found.args), literal(shrunk.args)]
  const explained = shrunk.fault.explain?.()
  const message = [
    `${fn}: ${call.name} must have right derivatives for all arguments, got a counterexample in run ${run}.`,
    `  found               ${cut(first)}: ${describe(found.fault)}`,
    ...(last === first ? [] : [`  shrunk              ${cut(last)}: ${describe(shrunk.fault)}`]),
    ...(explained?.lines ?? []),
    `  Replay with ${replay}.`,
    "  The error's property `regression` is a test that keeps this case.",
  ].join('\n')
  const error = new CounterexampleError(message, {
    found: { args: found.args, text: first, path: found.path, report: found.fault.explain?.().report ?? null },
    shrunk: { args: shrunk.args, text: last, path: shrunk.path, report: explained?.report ?? null },
    replay,
    regression: regressionTest(call, { module, args: last, seed: shrunk.seed }),
  })
  if (shrunk.fault.verdict === null) error.cause = shrunk.fault.error
  return error
}

function withExamples(options: string): string {
  return options.replace(' }', ', examples }')
}

/** Longer arguments are cut in messages. */
const longest = 400

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`
}

function describe({ verdict, ratio, error }: Fault): string {
  return verdict === null ? `throws ${error}` : `${verdict}, ${show(ratio)} times what is accepted`
}
