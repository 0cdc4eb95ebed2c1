import { full, grad, hvp, maximum, type Tensor, valueAndGrad, zipTrees } from '@wengert/core'
import { checkNotNegative, checkOneOf, checkPositive } from './check.ts'
import { ofLength, scaled } from './globalNorm.ts'

export interface IgniteOptions {
  /** Weight of the constraint: a number, or the scalar that the step before has given. @default 1e-3 */
  readonly lambda?: number | Tensor
  /** Radius of the perturbations of the parameters that predictions shall bear, at least 0. @default 0.05 */
  readonly rho?: number
  /** Length of the finite difference, positive; in f32 not below about 1e-3, where round-off shows. @default 0.05 */
  readonly r?: number
  /** Rate at which the weight follows the constraint, at least 0; 0 keeps it. @default 1e-3 */
  readonly etaLambda?: number
  /** How much mean predictions may change within the radius, at least 0. @default 0.1 */
  readonly epsilon?: number
  /**
   * The penalty's gradient from a second gradient a little uphill, as in the authors' code, or from the exact second derivative. Both cost about
   * the same.
   * @default 'finiteDifference'
   */
  readonly mode?: 'finiteDifference' | 'exact'
  /** Keep the weight at 0 or above. @default false */
  readonly clamp?: boolean
}

export interface IgniteStep<P> {
  /** Of the loss with the penalty. */
  readonly grads: P
  /** The loss without the penalty. */
  readonly loss: Tensor
  /** Norm of the mean prediction's gradient, over all parameters. */
  readonly gradNorm: Tensor
  /** Weight for the next step. */
  readonly lambda: Tensor
}

/**
 * IGNITE: gradients for a surrogate whose predictions change little where its parameters do. For offline optimization, where designs climb
 * a surrogate learned from a fixed data set and so find its errors.
 *
 *     gradient of L + λ ρ ‖∇G‖,  L = loss, G = mean surrogate prediction on the batch
 *     finiteDifference: ∇L + (λ ρ / r) (∇G(β + r ∇G / ‖∇G‖) − ∇G)
 *     exact:            ∇L + λ ρ H ∇G / ‖∇G‖,  H the Hessian of G; the limit of the other for r → 0
 *     λ ← λ + etaLambda (ρ ‖∇G‖ − epsilon)
 *
 * Norms are over all parameters together. Where ∇G is 0, so is the penalty's gradient. The authors' code lets λ fall below 0, which rewards
 * sensitivity; `clamp` does not (that the paper projects so is UNVERIFIED). Their variant IGNITE2 is lambda 0.01, rho and r 0.2, etaLambda 0.
 * G is taken on inputs without noise for gradient ascent, and on the noisy ones for conservative objective models.
 *
 * Shapes: loss and predictMean scalar functions of params, any tree → grads of its structure; the rest scalars.
 * Gradient: can be differentiated again.
 * Source: Dao, Nguyen, Truong and Hoang, arXiv 2503.04242 (2024), with the definitions of the authors' code.
 *
 * @example
 * const loss = (w: Tensor) => w.square()
 * const predictMean = (w: Tensor) => w.square().mul(2)
 * igniteGradients(loss, predictMean, tensor(3), { lambda: 1, rho: 1, mode: 'exact' }).grads.item() // 10
 */
export function igniteGradients<P>(
  loss: (params: P) => Tensor,
  predictMean: (params: P) => Tensor,
  params: P,
  {
    lambda = 1e-3,
    rho = 0.05,
    r = 0.05,
    etaLambda = 1e-3,
    epsilon = 0.1,
    mode = 'finiteDifference',
    clamp = false,
  }: IgniteOptions = {},
): IgniteStep<P> {
  const fn = 'igniteGradients'
  checkNotNegative(fn, 'rho', rho)
  checkPositive(fn, 'r', r)
  checkNotNegative(fn, 'etaLambda', etaLambda)
  checkNotNegative(fn, 'epsilon', epsilon)
  checkOneOf(fn, 'mode', mode, ['finiteDifference', 'exact'])
  const [value, slope] = valueAndGrad(loss)(params)
  const uphill = grad(predictMean)(params)
  const isExact = mode === 'exact'
  const { along, norm } = ofLength(uphill, isExact ? 1 : r)
  const weight = typeof lambda === 'number' ? full([], lambda, { dtype: norm.dtype }) : lambda
  const pull = weight.mul(rho)
  const penalty = isExact
    ? scaled(hvp(predictMean, params, along), pull)
    : scaled(
        zipTrees(
          (there, here) => there.sub(here),
          grad(predictMean)(zipTrees((p, e) => p.add(e), params, along)),
          uphill,
        ),
        pull.div(r),
      )
  const next = weight.add(norm.mul(rho).sub(epsilon).mul(etaLambda))
  return {
    grads: zipTrees((g, h) => g.add(h), slope, penalty),
    loss: value,
    gradNorm: norm,
    lambda: clamp ? maximum(next, 0) : next,
  }
}
