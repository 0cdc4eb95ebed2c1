import { dims, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { residuals } from '../regression/residuals.ts'
import { assistance, teacherError } from './assistiveLoss.ts'

export interface LandmarkKdOptions {
  /** Of assistiveLoss with the tough teacher. @default 1.9 */
  readonly alphaTough?: number
  /** Likewise. @default -0.45 */
  readonly alphaMinusTough?: number
  /** Of assistiveLoss with the tolerant teacher. @default 1.8 */
  readonly alphaTolerant?: number
  /** Likewise. @default -0.4 */
  readonly alphaMinusTolerant?: number
  /** Factor of the main part. @default 2 */
  readonly mainWeight?: number
  /** Factor of the tough teacher's part. @default 1 */
  readonly toughWeight?: number
  /** Factor of the tolerant teacher's part. @default 1 */
  readonly tolerantWeight?: number
}

/**
 * Regression of coordinates with two teachers: a tough one, trained on the true ones, and a tolerant one, trained on
 * smoothed ones, which are easier to learn. Use it to train a small network for landmarks of faces. Not where the teachers
 * are no better than the student: what is nearer to the target than they are is hardly pulled.
 *
 *     u = predictions − targets,  d = |tolerantTeacher − targets|
 *     main = 3 |u| if |u| ≤ d,  u² + 3 d − d² otherwise
 *     L = mainWeight · main + toughWeight · assistiveLoss(tough) + tolerantWeight · assistiveLoss(tolerant)
 *
 * The value jumps where those of assistiveLoss do, and may be negative.
 *
 * Shapes: predictions [...S], targets [...S], toughTeacher [...S], tolerantTeacher [...S] → [...S].
 * Gradient: of the main part 3 sign(u) or 2 u with respect to predictions; none to the teachers. With the default slopes it
 * never points away from the target.
 * Source: Fard, Mahoor, arXiv 2111.07047 (2022), form of the authors' code; whether the paper says the same is UNVERIFIED.
 *
 * @example landmarkKdLoss(tensor([3]), tensor([0]), tensor([1]), tensor([2])).item() // 27.6
 */
export function landmarkKdLoss(
  predictions: Tensor,
  targets: Tensor,
  toughTeacher: Tensor,
  tolerantTeacher: Tensor,
  {
    alphaTough = 1.9,
    alphaMinusTough = -0.45,
    alphaTolerant = 1.8,
    alphaMinusTolerant = -0.4,
    mainWeight = 2,
    toughWeight = 1,
    tolerantWeight = 1,
  }: LandmarkKdOptions = {},
): Tensor {
  const fn = 'landmarkKdLoss'
  dims(fn, { predictions, targets, toughTeacher, tolerantTeacher }, '...S, ...S, ...S, ...S')
  checkFloats(fn, { toughTeacher, tolerantTeacher })
  const u = residuals(fn, predictions, targets)
  const [tough, tolerant] = [teacherError(toughTeacher, targets), teacherError(tolerantTeacher, targets).cast(u.dtype)]
  const size = u.abs()
  const beyond = u.square().add(tolerant.mul(3)).sub(tolerant.square())
  const main = where(size.lessEqual(tolerant), size.mul(3), beyond)
  return main
    .mul(mainWeight)
    .add(assistance(fn, u, tough, { alpha: alphaTough, alphaMinus: alphaMinusTough }).mul(toughWeight))
    .add(assistance(fn, u, tolerant, { alpha: alphaTolerant, alphaMinus: alphaMinusTolerant }).mul(tolerantWeight))
}
