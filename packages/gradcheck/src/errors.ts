import type { FailureReport } from './failureReport.ts'
import type { Verdict } from './verdict.ts'

/** A derivative that does not agree with its function, or a check that cannot be done. */
export class GradientCheckError extends Error {
  override readonly name: string = 'GradientCheckError'
  /** Why a slope disagrees; null where it is not about slopes. */
  readonly verdict: Verdict | null
  /** What the message says, as data; null where the check compares no slopes of a whole function. */
  readonly report: FailureReport | null

  constructor(message: string, verdict: Verdict | null = null, report: FailureReport | null = null) {
    super(message)
    this.verdict = verdict
    this.report = report
  }
}
