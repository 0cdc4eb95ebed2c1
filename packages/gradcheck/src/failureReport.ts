import type { DType, Path, Shape } from '@wengert/core'
import type { JacobianComparison } from './jacobians.ts'
import type { Precision } from './precision.ts'
import type { Disagreement } from './slopes.ts'
import { ulpDistance } from './ulps.ts'
import type { Verdict } from './verdict.ts'

/** Where an input stands among the arguments. */
export interface ElementReport {
  /** The argument's number, then the way into it: `[0, 'weight']`. */
  readonly path: Path
  readonly index: readonly number[]
}

/** The line of the tape at which a derivative goes wrong. */
export interface CulpritReport {
  readonly position: number
  readonly op: string
  /** True where the derivative is not that of the operation but a rule given beside it, as by customVjp. */
  readonly ownRule: boolean
  readonly dtype: DType
  readonly shape: Shape
  /** The line as the tape prints it. */
  readonly text: string
}

/** What a check must be told to fail in the same way. */
export interface ReplayReport {
  readonly order: number
  readonly tolerance: number
  readonly seed: number
  readonly directions: number
  readonly kinks: 'reject' | 'accept'
  /** What the function computes in; f64 where it is not said. */
  readonly precision?: Precision
}

/**
 * A failed gradient check as plain data. JSON has no NaN and no infinity, so `JSON.stringify` writes these as the strings
 * 'NaN', 'Infinity' and '-Infinity': Number(…) reads any number back.
 */
export interface FailureReport {
  readonly order: number
  readonly verdict: Verdict
  /** The input that was moved; null along a random direction of all inputs. */
  readonly element: ElementReport | null
  readonly analytic: number
  readonly numeric: number
  /** One-sided slopes; NaN where the function is not finite on that side. */
  readonly left: number
  readonly right: number
  /** How far round-off may move the slope at the best step. */
  readonly noise: number
  /** Difference in units of what was accepted. */
  readonly ratio: number
  /** How many representable numbers the two slopes are apart. */
  readonly ulps: { readonly f64: number; readonly f32: number }
  /** Both Jacobians of what was differentiated at this order: for order 2 that is the gradient. null where they are large. */
  readonly jacobian: JacobianComparison | null
  /** null where no line is at fault by itself. */
  readonly culprit: CulpritReport | null
  /** Options that show the failure again. */
  readonly options: ReplayReport
}

export function failureReport(
  { analytic, numeric, ratio, finding }: Disagreement,
  found: Pick<FailureReport, 'element' | 'jacobian' | 'culprit' | 'options'>,
): FailureReport {
  const { verdict, left, right, noise } = finding
  const ulps = { f64: ulpDistance(analytic, numeric), f32: ulpDistance(analytic, numeric, { dtype: 'f32' }) }
  return withJson({ order: found.options.order, verdict, analytic, numeric, left, right, noise, ratio, ulps, ...found })
}

/** Gives an object a form in JSON that keeps the numbers which JSON cannot write. */
function withJson<T extends object>(report: T): T {
  return Object.defineProperty(report, 'toJSON', { value: () => speakable(report), enumerable: false })
}

function speakable(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (Array.isArray(value)) return value.map(speakable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, speakable(entry)]))
}
