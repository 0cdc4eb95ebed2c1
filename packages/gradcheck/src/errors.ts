import { WengertError } from '@wengert/core'
import type { Verdict } from './verdict.ts'

/** A derivative that does not agree with its function, or a check that cannot be done. */
export class GradientCheckError extends WengertError {
  override readonly name = 'GradientCheckError'
  /** Why a slope disagrees; null where it is not about slopes. */
  readonly verdict: Verdict | null

  constructor(message: string, verdict: Verdict | null = null) {
    super(message)
    this.verdict = verdict
  }
}
