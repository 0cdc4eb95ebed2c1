import { checkOption, max, mean, norm, softplus, stopGradient, sum, type Tensor, where } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { labelledLogits } from '../labels.ts'

export interface ZLossOptions {
  /** How sharply the loss bends at b, > 0; it tends to the hinge max(0, b − z̃) as a grows. @default 1 */
  readonly a?: number
  /** How many standard deviations the label's logit is to lie above the mean. @default 0 */
  readonly b?: number
  /** Added to the standard deviation, ≥ 0. @default 1e-12, as in the authors' code */
  readonly eps?: number
}

/**
 * Softplus of the label's logit in standard deviations above the mean of all. Use it for very many classes: neither
 * shift nor scale of the logits matters, a and b tune it toward the top few of the ranking, and its output layer can be
 * trained at a cost independent of the number of classes (factoredSphericalLayer).
 *
 *     z̃ = (z_y − mean z) / (σ + eps),   σ² = mean (z − mean z)²
 *     L = softplus(a (b − z̃)) / a
 *
 * z̃ cannot exceed √(K − 1), so the loss does not come to 0. Of no use for two classes, where z̃ is 1 or −1 whatever
 * the logits are. Where all logits are equal z̃ counts as 0. Class labels outside [0, K) throw where their numbers are
 * data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: −s / (σ + eps) · ([j = y] − 1/K − z̃ (zⱼ − mean z) / (K σ)), s = σ(a (b − z̃)) the logistic function;
 * orthogonal to 1 and to the logits, of size 1/σ, and 0 by convention where all logits are equal.
 * Source: de Brébisson and Vincent, The Z-loss: a shift and scale invariant classification loss belonging to the
 * spherical family, arXiv 1604.08859 (2016); a = 1, b = 0 are the authors' example code's, the paper's tuned values are
 * UNVERIFIED.
 *
 * @example zLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.257609
 */
export function zLoss(logits: Tensor, labels: Tensor, { a = 1, b = 0, eps = 1e-12 }: ZLossOptions = {}): Tensor {
  const fn = 'zLoss'
  const { hit, mark, K } = labelledLogits(fn, logits, labels)
  checkPositive(fn, 'a', a)
  checkOption(fn, 'eps', eps, eps >= 0, 'at least 0')
  // From the greatest logit first, so that equal logits are centred without rounding.
  const fromTop = logits.sub(stopGradient(max(logits, { axis: -1, keepDims: true })))
  const centred = fromTop.sub(mean(fromTop, { axis: -1, keepDims: true }))
  const sigma = norm(centred, { axis: -1 }).div(Math.sqrt(K))
  const own = sum(where(hit, centred, 0), { axis: -1 })
  const standardized = where(sigma.equal(0), 0, own.div(sigma.add(eps)))
  return mark(softplus(standardized.neg().add(b).mul(a)).div(a))
}
