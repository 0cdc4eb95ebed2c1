import type { Tensor } from '@wengert/core'
import { type ActivePassiveOptions, activePassive } from './activePassive.ts'
import { agceOf } from './asymmetricGeneralizedCrossEntropy.ts'

export interface NceAndAgceOptions extends ActivePassiveOptions {
  /** That of asymmetricGeneralizedCrossEntropy, > 0. @default 3, as in the authors' code */
  readonly a?: number
  /** That of asymmetricGeneralizedCrossEntropy, > 0. @default 1.5, as in the authors' code */
  readonly q?: number
}

/**
 * Weighted sum of normalizedCrossEntropy and asymmetricGeneralizedCrossEntropy. Use it where many labels are wrong:
 * both parts are robust, and together they fit.
 *
 *     p = softmax(logits)
 *     L = α log p_y / Σₖ log pₖ + β ((a + 1)^q − (a + p_y)^q) / q
 *
 * The weights that serve best depend on the data and its noise. Class labels outside [0, K) throw where their numbers
 * are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: that of the parts, weighted; it vanishes where a wrong prediction saturates.
 * Source: Zhou, Liu, Jiang, Gao, Ji, arXiv 2106.03110 (2021); equation numbers UNVERIFIED.
 *
 * @example nceAndAgce(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.751833
 */
export function nceAndAgce(
  logits: Tensor,
  labels: Tensor,
  { a = 3, q = 1.5, ...weights }: NceAndAgceOptions = {},
): Tensor {
  const fn = 'nceAndAgce'
  return activePassive(fn, logits, labels, weights, (ready) => agceOf(fn, ready, a, q))
}
