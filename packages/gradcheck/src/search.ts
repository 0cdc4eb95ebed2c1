import fc from 'fast-check'
import { type Case, counterexampleError, type Fault } from './counterexample.ts'
import { GradientCheckError } from './errors.ts'
import type { Explanation } from './explanation.ts'
import type { GradientReport } from './gradientReport.ts'
import type { CheckCall } from './regression.ts'
import type { Verdict } from './verdict.ts'

export interface SearchOptions<A = unknown> {
  /** Arguments drawn at most. @default that of fast-check, 100; no end where `seconds` is given */
  readonly runs?: number
  /** Arguments are drawn until this time is over. @default no limit */
  readonly seconds?: number
  /** Fixes the arguments drawn, the random cotangents and directions. @default another one each time */
  readonly seed?: number
  /** Where a counterexample was found by this seed: checks just that, and shrinks nothing. */
  readonly path?: string
  /** Arguments tried before any are drawn. */
  readonly examples?: readonly A[]
  /** Verdicts after which other arguments are drawn instead. @default ['inconclusive'] */
  readonly skip?: readonly Exclude<Verdict, 'wrong'>[]
  /** Largest share of arguments that may be skipped. @default 0.5 */
  readonly maxSkipped?: number
  /**
   * A simpler case counts only if its difference, in units of what is accepted, is at least this fraction of that of the
   * case found, so that it is about as wrong. @default 0.5
   */
  readonly keepRatio?: number
  /** What the regression test imports f from. @default './f.ts', by the name of f */
  readonly module?: string
}

/** What a passed search did. */
export interface SearchReport {
  /** Arguments checked. */
  readonly runs: number
  /** Arguments skipped. */
  readonly skipped: number
  /** Slopes compared. */
  readonly checks: number
  /** Largest difference found, as a fraction of what was accepted. */
  readonly worst: number
  /** Where that was: the option `path` that checks it again, with the seed. */
  readonly worstPath: string
  /** Kinks accepted, and the jumps that they make in higher derivatives. */
  readonly kinks: number
  readonly seed: number
  readonly seconds: number
  readonly checksPerSecond: number
}

/** The check that a search repeats. */
export interface Searched<A> {
  /** The name of the search. */
  readonly fn: string
  readonly call: CheckCall
  /** Checks some arguments. An error that it throws is a failure. */
  readonly compare: (args: A, seed: number) => Compared
  /** Arguments as TypeScript. */
  readonly literal: (args: A) => string
}

export interface Compared {
  readonly report: GradientReport
  /** null where all is well. */
  readonly failure: {
    readonly verdict: Verdict
    readonly ratio: number
    readonly explain: () => Explanation
  } | null
}

/** How long cases are shrunk at most, in milliseconds. */
const patience = 30_000

/** More than there is time for. */
const endless = 2 ** 31

/** Looks for arguments at which a check fails, and throws a CounterexampleError where it finds some. */
export function search<A>(searched: Searched<A>, args: fc.Arbitrary<A>, options: SearchOptions<A>): SearchReport {
  const { fn, call, literal } = searched
  const { seconds, path, skip = ['inconclusive'], maxSkipped = 0.5 } = options
  const defaults = fc.readConfigureGlobal()
  const seed = options.seed ?? defaults.seed ?? Math.floor(Math.random() * endless)
  const runs = path ? 1 : (options.runs ?? (seconds === undefined ? (defaults.numRuns ?? 100) : endless))
  const draws = { seed, examples: (options.examples ?? []).map((example): [A] => [example]) }
  const begun = Date.now()
  const total = { runs: 0, skipped: 0, checks: 0, worst: 0, worstPath: '', kinks: 0 }
  const state: { at: number; found: Case | null } = { at: path ? Number.parseInt(path, 10) : 0, found: null }
  fc.check(
    fc.property(args, (drawn) => {
      const at = state.at++
      const { report, fault } = examine(searched, drawn, seed + at)
      if (fault && (skip as readonly unknown[]).includes(fault.verdict)) {
        total.skipped++
        fc.pre(false)
      }
      total.runs++
      total.checks += report?.checks ?? 0
      total.kinks += report?.kinks ?? 0
      if (report && report.worst > total.worst) {
        total.worst = report.worst
        total.worstPath = path ?? String(at)
      }
      if (fault) state.found = { args: drawn, fault, path: path ?? String(at), seed: seed + at }
      return fault === null
    }),
    {
      ...draws,
      ...(path && { path }),
      ...(seconds !== undefined && { interruptAfterTimeLimit: 1000 * seconds }),
      numRuns: runs,
      endOnFailure: true,
      maxSkipsPerRun: maxSkipped < 1 ? maxSkipped / (1 - maxSkipped) : endless,
    },
  )
  const { found } = state
  if (found) {
    const shrunk = path ? found : shrink(searched, args, found, { options, draws })
    throw counterexampleError({
      ...{ found, shrunk, run: state.at, seed, fn, call, literal: literal as (args: unknown) => string },
      ...{ hasExamples: draws.examples.length > 0, module: options.module },
    })
  }
  if (total.skipped > maxSkipped * (total.runs + total.skipped))
    throw new GradientCheckError(
      `${fn}: at most ${Math.round(100 * maxSkipped)} % of the arguments must be skipped, got ` +
        `${total.skipped} of ${total.runs + total.skipped} with a verdict of ${skip.join(' or ')}. ` +
        'Draw arguments of moderate size inside the domain, or allow more by maxSkipped.',
    )
  const took = (Date.now() - begun) / 1000
  return { ...total, seed, seconds: took, checksPerSecond: Math.round(total.checks / Math.max(took, 1e-3)) }
}

/** One check: what it compared, and what is wrong. */
function examine<A>(
  { compare }: Searched<A>,
  args: A,
  seed: number,
): { readonly report: GradientReport | null; readonly fault: Fault | null } {
  try {
    const { report, failure } = compare(args, seed)
    return { report, fault: failure && { ...failure, error: null } }
  } catch (error) {
    return { report: null, fault: { verdict: null, ratio: Number.POSITIVE_INFINITY, explain: null, error } }
  }
}

/** The simplest case that fails as the one found does. */
function shrink<A>(
  searched: Searched<A>,
  args: fc.Arbitrary<A>,
  found: Case,
  { options, draws }: { readonly options: SearchOptions<A>; readonly draws: { seed: number; examples: [A][] } },
): Case {
  const { keepRatio = 0.5 } = options
  let best = found
  const { counterexamplePath } = fc.check(
    fc.property(args, (simpler) => {
      const { fault } = examine(searched, simpler, found.seed)
      const counts = fault !== null && alike(fault, found.fault) && !(fault.ratio < keepRatio * found.fault.ratio)
      if (counts) best = { ...found, args: simpler, fault }
      return !counts
    }),
    { ...draws, path: found.path, numRuns: 1, interruptAfterTimeLimit: patience },
  )
  return { ...best, path: counterexamplePath ?? found.path }
}

/** Whether two faults are of one kind. */
function alike(a: Fault, b: Fault): boolean {
  const kind = ({ error }: Fault): unknown => (error instanceof Error ? error.name : typeof error)
  return a.verdict === b.verdict && (a.verdict !== null || kind(a) === kind(b))
}
