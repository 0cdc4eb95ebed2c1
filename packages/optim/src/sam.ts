import { grad, type Tensor, valueAndGrad, zipTrees } from '@wengert/core'
import { checkPositive } from './check.ts'
import { ofLength } from './globalNorm.ts'

export interface SamOptions {
  /** How far uphill the gradient is taken, positive. @default 0.05 */
  readonly rho?: number
}

/**
 * Sharpness-aware minimization: the value of a scalar function, and its gradient taken a little uphill, so that an optimizer
 * prefers minima whose surroundings are low too. Stands where `valueAndGrad(f)` stands, before any optimizer, and costs two gradients.
 *
 *     value = f(p),  gradient = ∇f(p + ρ ∇f(p) / ‖∇f(p)‖)       the norm over all leaves
 *
 * Where the gradient is 0, so is the way uphill. The way itself is not differentiated, as in the paper. What f draws at random should be the
 * same in both, so give it a key as an argument.
 *
 * Source: Foret, Kleiner, Mobahi and Neyshabur, Sharpness-aware minimization for efficiently improving generalization (2021).
 *
 * @example sam((p: Tensor) => sum(p.square()), { rho: 1 })(tensor([3, 4]))[1] // [7.2, 9.6]
 */
export function sam<P, A extends readonly unknown[]>(
  f: (params: P, ...rest: A) => Tensor,
  { rho = 0.05 }: SamOptions = {},
): (params: P, ...rest: A) => [value: Tensor, gradient: P] {
  checkPositive('sam', 'rho', rho)
  return (params, ...rest) => {
    const [value, slope] = valueAndGrad(f)(params, ...rest)
    const uphill = zipTrees((p, e) => p.add(e), params, ofLength(slope, rho).along)
    return [value, grad(f)(uphill, ...rest)]
  }
}
