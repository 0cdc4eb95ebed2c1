import type { Tensor } from '@wengert/core'
import { relativeMargins } from './relativeMargins.ts'
import { multiclassExponential } from './templates.ts'

/**
 * Exponential of how far each other class lies above the label, summed: the loss that multiclass boosting minimises.
 * Use it where labels are clean; one wrong label can outweigh all others.
 *
 *     L = Σ_{j≠y} e^(zⱼ − z_y)
 *
 * It grows like e^(margin): logits wrong by hundreds overflow. Class labels outside [0, K) throw where their numbers
 * are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: e^(zⱼ − z_y) for the others, −L for the label.
 * Source: Mukherjee, Schapire, A Theory of Multiclass Boosting (2013); as a relative-margin loss Wang, Scott,
 * arXiv 2311.17778 (2024).
 *
 * @example multiclassExponentialLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.503215
 */
export function multiclassExponentialLoss(logits: Tensor, labels: Tensor): Tensor {
  const { margins, mark } = relativeMargins('multiclassExponentialLoss', logits, labels)
  return mark(multiclassExponential(margins))
}
