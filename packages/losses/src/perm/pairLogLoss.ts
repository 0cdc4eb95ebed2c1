import type { Tensor } from '@wengert/core'
import { relativeMargins } from './relativeMargins.ts'
import { pairLog } from './templates.ts'

/**
 * Logistic loss of the label against each other class, summed. Use it in place of crossEntropy where every other class
 * should be kept at a distance, not only their total; gradient descent tends to the hard-margin classifier with it as
 * well.
 *
 *     L = Σ_{j≠y} log(1 + e^(zⱼ − z_y))
 *
 * It lies between crossEntropy and multiclassExponentialLoss. Class labels outside [0, K) throw where their numbers are
 * data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: σ(zⱼ − z_y) for the others, their negative sum for the label.
 * Source: Wang, Scott, arXiv 2311.17778 (2024); Ravi, Scott, Soudry, Wang, arXiv 2411.01350 (2024).
 *
 * @example pairLogLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.440190
 */
export function pairLogLoss(logits: Tensor, labels: Tensor): Tensor {
  const { margins, mark } = relativeMargins('pairLogLoss', logits, labels)
  return mark(pairLog(margins))
}
