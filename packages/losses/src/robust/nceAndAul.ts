import type { Tensor } from '@wengert/core'
import { type ActivePassiveOptions, activePassive } from './activePassive.ts'
import { aulOf } from './asymmetricUnhingedLoss.ts'

export interface NceAndAulOptions extends ActivePassiveOptions {
  /** That of asymmetricUnhingedLoss, > 1. @default 6, as in the authors' code */
  readonly a?: number
  /** That of asymmetricUnhingedLoss, > 0. @default 1.5, as in the authors' code */
  readonly q?: number
}

/**
 * Weighted sum of normalizedCrossEntropy and asymmetricUnhingedLoss. Use it where many labels are wrong: both parts are
 * robust, and together they fit.
 *
 *     p = softmax(logits)
 *     L = α log p_y / Σₖ log pₖ + β ((a − p_y)^q − (a − 1)^q) / q
 *
 * The weights that serve best depend on the data and its noise. Class labels outside [0, K) throw where their numbers
 * are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: that of the parts, weighted; it vanishes where a wrong prediction saturates.
 * Source: Zhou, Liu, Jiang, Gao, Ji, arXiv 2106.03110 (2021); equation numbers UNVERIFIED.
 *
 * @example nceAndAul(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.857462
 */
export function nceAndAul(
  logits: Tensor,
  labels: Tensor,
  { a = 6, q = 1.5, ...weights }: NceAndAulOptions = {},
): Tensor {
  const fn = 'nceAndAul'
  return activePassive(fn, logits, labels, weights, (ready) => aulOf(fn, ready, a, q))
}
