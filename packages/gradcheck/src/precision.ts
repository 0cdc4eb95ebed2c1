/** What a function computes in. */
export type Precision = 'f64' | 'f32'

/** How slopes are measured in a precision. Distances are relative to the size of what moves. */
export interface Measures {
  /** From 1 to the next number. */
  readonly epsilon: number
  /** Relative difference of two slopes that is accepted unless told otherwise. */
  readonly tolerance: number
  /** A slope known less well than this, relative to its size, says nothing. */
  readonly telling: number
  /** About ∛ε: balances the truncation error of a central difference against round-off. */
  readonly quickStep: number
  /** Steps that a slope in doubt is measured with again, by extrapolation to 0. */
  readonly doubtSteps: readonly number[]
  /**
   * Distances between the points that one-sided slopes are taken from: about one a decade, without a common factor, so
   * that values on a grid do not lie straight at several. The last three are decades, to compare changes.
   */
  readonly spacings: readonly number[]
}

export const precisions: Readonly<Record<Precision, Measures>> = {
  f64: {
    epsilon: Number.EPSILON,
    tolerance: 1e-6,
    telling: 1e-3,
    quickStep: 6e-6,
    doubtSteps: [1e-6, 1e-5, 1e-4, 1e-3, 1e-2],
    spacings: [7.1e-3, 5.3e-4, 8.9e-5, 6.7e-6, 4.3e-7, 7e-8, 7e-9, 7e-10],
  },
  f32: {
    epsilon: 2 ** -23,
    tolerance: 1e-3,
    telling: 1e-2,
    quickStep: 5e-3,
    doubtSteps: [1e-3, 4e-3, 1.6e-2, 6.4e-2, 0.25],
    spacings: [4.3e-2, 1.1e-2, 2.9e-3, 7e-4, 7e-5, 7e-6],
  },
}
