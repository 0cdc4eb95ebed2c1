/** What a passed check did. */
export interface GradientReport {
  /** Highest order of derivative checked. */
  readonly order: number
  /** Numbers the function was differentiated by. */
  readonly inputs: number
  /** Slopes compared. */
  readonly checks: number
  /** Largest difference found, as a fraction of what was accepted. */
  readonly worst: number
  /** Kinks accepted, and the jumps that they make in higher derivatives. */
  readonly kinks: number
}
