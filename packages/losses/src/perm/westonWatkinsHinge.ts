import type { Tensor } from '@wengert/core'
import { checkedHinge, type MulticlassHingeOptions } from './crammerSingerHinge.ts'
import { relativeMargins } from './relativeMargins.ts'
import { hingeSum } from './templates.ts'

export interface WestonWatkinsOptions extends MulticlassHingeOptions {
  /** Divide by the number of classes, as PyTorch's MultiMarginLoss does. @default false */
  readonly normalizeByClasses?: boolean
}

/**
 * Multiclass hinge of Weston and Watkins: by how much each wrong class comes within the margin, summed. Use it for a
 * multiclass support-vector machine in which all wrong classes are pushed away at once.
 *
 *     L = Σ_{j≠y} max(0, margin − z_y + zⱼ)^p
 *
 * It is not calibrated for the zero-one loss. Class labels outside [0, K) throw where their numbers are data on the
 * host; labels that are computed give NaN there. Of one class alone the loss is 0.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: for p = 1, 1 for each wrong class within the margin, less their number for the label; 0 at the kinks.
 * Source: Weston, Watkins, Support Vector Machines for Multi-Class Pattern Recognition (1999); calibration: Wang,
 * Scott, arXiv 2311.17778 (2024), wording UNVERIFIED.
 *
 * @example westonWatkinsHinge(tensor([2, 1.5, 3]), tensor(0, { dtype: 'i32' })).item() // 2.5
 */
export function westonWatkinsHinge(
  logits: Tensor,
  labels: Tensor,
  { normalizeByClasses = false, ...options }: WestonWatkinsOptions = {},
): Tensor {
  const fn = 'westonWatkinsHinge'
  const { margin, p } = checkedHinge(fn, options)
  const { margins, mark } = relativeMargins(fn, logits, labels)
  const total = hingeSum(margins, margin, p)
  return mark(normalizeByClasses ? total.div(logits.shape.at(-1) as number) : total)
}
