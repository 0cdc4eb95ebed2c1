import { checkOption, type Tensor } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { relativeMargins } from './relativeMargins.ts'
import { hingeSum, worstHinge } from './templates.ts'

const variants: Readonly<Record<'westonWatkins' | 'crammerSinger', typeof hingeSum>> = {
  westonWatkins: hingeSum,
  crammerSinger: worstHinge,
}

export interface MulticlassHingeOptions {
  /** Whether all wrong classes within the margin count, or the strongest one alone. @default 'westonWatkins' */
  readonly variant?: 'westonWatkins' | 'crammerSinger'
  /** By how much the label's logit should exceed the others, at least 0. @default 1 */
  readonly margin?: number
  /** Power of the hinge, 1 or 2; with 2 the loss has no kink at the margin. @default 1 */
  readonly p?: 1 | 2
  /** Divide by the number of classes, as PyTorch's MultiMarginLoss does; with 'westonWatkins' alone. @default false */
  readonly normalizeByClasses?: boolean
}

/**
 * Multiclass hinge: by how much wrong classes come within the margin. Use it for a multiclass support-vector machine, that
 * of Weston and Watkins to push all wrong classes away at once, that of Crammer and Singer to push the strongest, where
 * the loss is at least 1 for each example that is read wrong. Not for probabilities.
 *
 *     westonWatkins   L = Σ_{j≠y} max(0, margin − z_y + zⱼ)^p
 *     crammerSinger   L = max(0, margin − z_y + max_{j≠y} zⱼ)^p
 *
 * Neither is calibrated for the zero-one loss, but that of Crammer and Singer is where one class has the majority. Class labels
 * outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there. Of one class
 * alone the loss is 0.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: for p = 1, 1 for each wrong class that counts, of equal strongest ones the first, less their number for the
 * label; 0 at the kinks.
 * Source: Weston, Watkins, Support Vector Machines for Multi-Class Pattern Recognition (1999); Crammer, Singer, On the
 * Algorithmic Implementation of Multiclass Kernel-based Vector Machines (2001); calibration: Wang, Scott, arXiv
 * 2311.17778 (2024), wording UNVERIFIED.
 *
 * @example multiclassHinge(tensor([2, 1.5, 3]), tensor(0, { dtype: 'i32' })).item() // 2.5
 */
export function multiclassHinge(
  logits: Tensor,
  labels: Tensor,
  { variant = 'westonWatkins', margin = 1, p = 1, normalizeByClasses = false }: MulticlassHingeOptions = {},
): Tensor {
  const fn = 'multiclassHinge'
  checkChoice(fn, 'variant', variant, variants)
  checkOption(fn, 'margin', margin, margin >= 0 && Number.isFinite(margin), 'a finite number of at least 0')
  checkOption(fn, 'p', p, p === 1 || p === 2, '1 or 2')
  const divided = normalizeByClasses && variant !== 'westonWatkins'
  checkOption(fn, 'normalizeByClasses', String(normalizeByClasses), !divided, `false with '${variant}'`)
  const { margins, mark } = relativeMargins(fn, logits, labels)
  const total = variants[variant](margins, margin, p)
  return mark(normalizeByClasses ? total.div(logits.shape.at(-1) as number) : total)
}
