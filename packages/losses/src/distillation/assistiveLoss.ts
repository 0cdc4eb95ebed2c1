import { checkOption, dims, stopGradient, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { residuals } from '../regression/residuals.ts'

export interface AssistiveOptions {
  /** Slope for predictions further off than the teacher. @default 1.9 */
  readonly alpha?: number
  /** Minus the slope for those that are nearer, which makes values there negative. @default -0.45 */
  readonly alphaMinus?: number
  /** Share of the teacher's error below which nothing is asked, from 0 to 1. @default 0.15 */
  readonly border?: number
}

/**
 * Pull towards the target by how a prediction compares with a teacher's: steep beyond its error, gentle within, none near
 * the target. Use it as a part of landmarkKdLoss, or to build another loss of several teachers. Not alone: it leaves
 * predictions at the border, and its value says little.
 *
 *     u = predictions − targets,  d = |teacher − targets|, a constant
 *     L = alpha (|u| − d)           where |u| > d
 *         alphaMinus (d − |u|)      where border · d ≤ |u| ≤ d
 *         0                         where |u| < border · d, and where d = 0
 *
 * On which side of the target the teacher lies does not matter. The value jumps at |u| = border · d, and may be negative.
 *
 * Shapes: predictions [...S], targets [...S], teacher [...S] → [...S].
 * Gradient: sign(u) times alpha, −alphaMinus or 0 with respect to predictions; none to the teacher.
 * Source: Fard, Mahoor, arXiv 2111.07047 (2022), form of the authors' code; whether the paper says the same is UNVERIFIED.
 *
 * @example assistiveLoss(tensor([3, 1, 0.1]), zeros([3]), tensor([2, -2, 2])).dataSync() // 1.9, -0.45, 0
 */
export function assistiveLoss(
  predictions: Tensor,
  targets: Tensor,
  teacher: Tensor,
  options: AssistiveOptions = {},
): Tensor {
  const fn = 'assistiveLoss'
  dims(fn, { predictions, targets, teacher }, '...S, ...S, ...S')
  checkFloats(fn, { teacher })
  return assistance(fn, residuals(fn, predictions, targets), teacherError(teacher, targets), options)
}

/** |teacher − targets|, a constant. */
export function teacherError(teacher: Tensor, targets: Tensor): Tensor {
  return stopGradient(teacher.sub(targets.cast(teacher.dtype)).abs())
}

/** The formula, of residuals and the error of a teacher. */
export function assistance(
  fn: string,
  residual: Tensor,
  error: Tensor,
  { alpha = 1.9, alphaMinus = -0.45, border = 0.15 }: AssistiveOptions,
): Tensor {
  checkOption(fn, 'border', border, border >= 0 && border <= 1, 'from 0 to 1')
  const size = residual.abs()
  const d = error.cast(size.dtype)
  const lead = d.sub(size)
  const within = where(size.greaterEqual(d.mul(border)), lead.mul(alphaMinus), 0)
  return where(d.greater(0), where(size.greater(d), lead.mul(-alpha), within), 0)
}
