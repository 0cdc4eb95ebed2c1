import { log1p, sinh, softplus, type Tensor, where } from '@wengert/core'
import { residuals } from './residuals.ts'

/**
 * Logarithm of the hyperbolic cosine of the error: half its square near zero, |r| − log 2 far out, and smooth to any
 * order in between. Use it for regression with outliers where second derivatives are wanted, as by Newton's method;
 * otherwise huberLoss costs less and has a parameter for where the tails begin.
 *
 *     r = predictions − targets
 *     L = log cosh r
 *
 * Shapes: predictions [...S], targets [...S] → [...S].
 * Gradient: tanh r with respect to predictions.
 * Source: Green, Bayesian Reconstructions from Emission Tomography Data Using a Modified EM Algorithm (1990).
 *
 * @example logCoshLoss(tensor([0.5, 1e4]), tensor([0, 0])).dataSync() // 0.120115, 9999.306641
 */
export function logCoshLoss(predictions: Tensor, targets: Tensor): Tensor {
  const r = residuals('logCoshLoss', predictions, targets)
  const size = r.abs()
  // cosh r = 1 + 2 sinh²(r / 2) keeps the digits of small residuals, for which the other form cancels.
  const near = log1p(sinh(r.mul(0.5)).square().mul(2))
  const far = size.sub(Math.LN2).add(softplus(size.mul(-2)))
  return where(size.less(1), near, far)
}
