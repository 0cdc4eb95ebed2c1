import type { FailureReport } from './failureReport.ts'

/** What is said of a failed check, and the same as data. */
export interface Explanation {
  readonly lines: readonly string[]
  readonly report: FailureReport
}
