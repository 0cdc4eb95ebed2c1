import { checkValues, dims, maximum, type Tensor } from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'
import { residuals } from './residuals.ts'

export interface GaussianNllOptions {
  /** Add ½ log 2π, which makes it the negative log-density. @default false */
  readonly full?: boolean
  /** Least variance, greater than 0: smaller ones count as this. @default 1e-6 */
  readonly eps?: number
}

/**
 * Negative log-likelihood of targets under normal distributions with predicted means and variances. Use it for regression
 * where the model is to say how sure it is of each target. Not with outliers, which make it unsure of all; and where means
 * are hard to fit it may widen the variance instead of learning them.
 *
 *     v = max(variances, eps)
 *     L = ½ (log v + (predictions − targets)² / v)
 *
 * Variances below 0 throw where their numbers are data on the host; those that are computed count as eps. A model makes
 * positive ones by exp or softplus.
 *
 * Shapes: predictions [...S], targets [...S], variances [...S] → [...S].
 * Gradient: (predictions − targets) / v with respect to predictions, ½ (1 − (predictions − targets)² / v) / v with respect
 * to variances, 0 below eps: a variance of nearly 0 does not explode, but no longer learns.
 * Source: Nix, Weigend, Estimating the Mean and Variance of the Target Probability Distribution (1994).
 *
 * @example gaussianNll(tensor([1, 1]), tensor([1, 3]), tensor([1, 4])).dataSync() // 0, 1.193147
 */
export function gaussianNll(
  predictions: Tensor,
  targets: Tensor,
  variances: Tensor,
  { full = false, eps = 1e-6 }: GaussianNllOptions = {},
): Tensor {
  const fn = 'gaussianNll'
  dims(fn, { predictions, targets, variances }, '...S, ...S, ...S')
  checkFloats(fn, { variances })
  checkPositive(fn, 'eps', eps)
  checkValues(fn, 'variances', variances, (v) => v >= 0, 'at least 0')
  const r = residuals(fn, predictions, targets)
  const v = maximum(variances.cast(r.dtype), eps)
  const loss = v.log().add(r.square().div(v)).mul(0.5)
  return full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss
}
