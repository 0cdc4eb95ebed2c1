import { checkOption, type Tensor } from '@wengert/core'
import { relativeMargins } from './relativeMargins.ts'
import { worstHinge } from './templates.ts'

export interface MulticlassHingeOptions {
  /** By how much the label's logit should exceed the others, at least 0. @default 1 */
  readonly margin?: number
  /** Power of the hinge, 1 or 2; with 2 the loss has no kink at the margin. @default 1 */
  readonly p?: 1 | 2
}

/**
 * Multiclass hinge of Crammer and Singer: by how much the strongest wrong class comes within the margin. Use it for a
 * multiclass support-vector machine; it is at least 1 for each example that is read wrong.
 *
 *     L = max(0, margin − z_y + max_{j≠y} zⱼ)^p
 *
 * It is not calibrated for the zero-one loss unless one class has the majority. Class labels outside [0, K) throw where
 * their numbers are data on the host; labels that are computed give NaN there. Of one class alone the loss is 0.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: for p = 1, 1 for the strongest wrong class, the first of equal ones, −1 for the label, where L > 0; 0 at
 * the kink.
 * Source: Crammer, Singer, On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines (2001);
 * calibration: Wang, Scott, arXiv 2311.17778 (2024), wording UNVERIFIED.
 *
 * @example crammerSingerHinge(tensor([2, 1.5, 3]), tensor(0, { dtype: 'i32' })).item() // 2
 */
export function crammerSingerHinge(logits: Tensor, labels: Tensor, options: MulticlassHingeOptions = {}): Tensor {
  const fn = 'crammerSingerHinge'
  const { margin, p } = checkedHinge(fn, options)
  const { margins, mark } = relativeMargins(fn, logits, labels)
  return mark(worstHinge(margins, margin, p))
}

export const checkedHinge = (
  fn: string,
  { margin = 1, p = 1 }: MulticlassHingeOptions,
): Required<MulticlassHingeOptions> => {
  checkOption(fn, 'margin', margin, margin >= 0 && Number.isFinite(margin), 'a finite number of at least 0')
  checkOption(fn, 'p', p, p === 1 || p === 2, '1 or 2')
  return { margin, p }
}
