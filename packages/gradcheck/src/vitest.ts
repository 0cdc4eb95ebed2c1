import type {} from 'vitest'
import { type CheckOptions, checkGradients } from './check.ts'
import { GradientCheckError } from './errors.ts'

export type { CheckOptions } from './check.ts'

/** The arguments of a function. */
export type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A : never

/** What `expect` can say of a function once `gradientMatchers` are given to `expect.extend`. */
export interface GradientMatchers<R, F> {
  /**
   * Expects the gradients of a function to agree with finite differences, as `checkGradients` does, whose options it takes. The
   * message is that of the check. With `not` it expects one that is plainly wrong: at a kink, or where round-off hides the
   * slope, it fails either way.
   */
  toHaveCorrectGradients(args: ArgumentsOf<F>, options?: CheckOptions): R
}

declare module 'vitest' {
  // The parameters must be those of vitest itself.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown>
    extends GradientMatchers<R, T> {}
}

/**
 * Matchers for `expect.extend` of vitest, in a test file or in a setup file for all.
 *
 * @example
 * expect.extend(gradientMatchers)
 * expect((x: Tensor) => logSumExp(x)).toHaveCorrectGradients([tensor([1, 2, 3])])
 */
export const gradientMatchers = {
  toHaveCorrectGradients(
    this: { readonly isNot?: boolean },
    f: unknown,
    args: readonly unknown[],
    options: CheckOptions = {},
  ): { pass: boolean; message: () => string } {
    if (typeof f !== 'function')
      throw new TypeError(`toHaveCorrectGradients: the value of expect must be a function, got ${typeof f}.`)
    try {
      const { checks, order, worst } = checkGradients(f as (...args: readonly unknown[]) => unknown, args, options)
      const message = (): string =>
        `toHaveCorrectGradients: a gradient must be wrong, got ${checks} slopes up to order ${order} that agree with ` +
        `differences, the worst by ${Number(worst.toPrecision(2))} of what is accepted.`
      return { pass: true, message }
    } catch (error) {
      if (!(error instanceof GradientCheckError) || error.verdict === null) throw error
      if (this.isNot && error.verdict !== 'wrong') throw error
      return { pass: false, message: () => error.message }
    }
  },
}
