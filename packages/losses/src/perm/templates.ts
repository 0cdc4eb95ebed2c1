import {
  argMax,
  concat,
  logSumExp,
  max,
  relu,
  softplus,
  stopGradient,
  sum,
  type Tensor,
  takeAlong,
  where,
  zeros,
} from '@wengert/core'
import { simplexThreshold } from '../fenchelYoung/simplexThreshold.ts'

/**
 * What a relative-margin loss makes of the margins u = z_y − zⱼ to the other classes: [...B, K−1] → [...B], by a
 * function that does not mind their order.
 */
export type PermTemplate = (margins: Tensor) => Tensor

/** log(1 + Σ e^(−u)). */
export const multinomialCrossEntropy: PermTemplate = (u) => logSumExp(withLabel(u.neg()), { axis: -1 })

/** Σ e^(−u). */
export const multiclassExponential: PermTemplate = (u) => sum(u.neg().exp(), { axis: -1 })

/** Σ log(1 + e^(−u)). */
export const pairLog: PermTemplate = (u) => sum(softplus(u.neg()), { axis: -1 })

/** max(0, margin − u)^p of the least u, of the first if several are. */
export const worstHinge = (u: Tensor, margin: number, p: 1 | 2): Tensor => {
  const excess = withLabel(u.neg().add(margin))
  const worst = takeAlong(excess, argMax(excess).expandDims(-1)).squeeze(-1)
  return p === 1 ? worst : worst.square()
}

/** Σ max(0, margin − u)^p. */
export const hingeSum = (u: Tensor, margin: number, p: 1 | 2): Tensor => {
  const hinges = relu(u.neg().add(margin))
  return sum(p === 1 ? hinges : hinges.square(), { axis: -1 })
}

/** max ⟨q, v⟩ − ½ ‖q‖² + ½ over the simplex, for v = −u and 0 for the label; q is the projection of v. */
const sparsemax: PermTemplate = (u) => {
  const all = withLabel(u.neg())
  // Margins of thousands must not swallow the 1 that q sums to.
  const peak = stopGradient(max(all, { axis: -1, keepDims: true }))
  const v = all.sub(peak)
  const support = v.greater(simplexThreshold(stopGradient(v), v.shape.length - 1))
  const count = sum(support.cast(v.dtype), { axis: -1, keepDims: true })
  const threshold = sum(where(support, v, 0), { axis: -1, keepDims: true })
    .sub(1)
    .div(count)
  const over = v.sub(threshold)
  const q = where(support, over, 0)
  const value = sum(q.mul(over).sub(q.square().mul(0.5)), { axis: -1, keepDims: true })
  return value.add(threshold).add(peak).add(0.5).squeeze(-1)
}

/** x [...B, K−1] behind a 0 for the label. */
function withLabel(x: Tensor): Tensor {
  return concat([zeros([...x.shape.slice(0, -1), 1], { dtype: x.dtype }), x], { axis: -1 })
}

/**
 * Named templates for permLoss, with margins u = z_y − zⱼ to the classes j other than the label:
 *
 *     multinomialCrossEntropy   log(1 + Σ e^(−u))    crossEntropy
 *     multiclassExponential     Σ e^(−u)             multiclassExponentialLoss
 *     pairLog                   Σ log(1 + e^(−u))    pairLogLoss
 *     crammerSinger             max(0, 1 − min u)    multiclassHinge by 'crammerSinger'
 *     westonWatkins             Σ max(0, 1 − u)      multiclassHinge
 *     squaredHinge              Σ max(0, 1 − u)²     multiclassHinge with p = 2
 *     sparsemax                 max ⟨q, v⟩ − ½ ‖q‖² + ½ over distributions q, v = −u and 0 for the label
 *
 * The eighth, gammaPhi, is a function of its two parts. All are convex; the first three have the exponential tail.
 */
export const permTemplates: Readonly<
  Record<
    | 'multinomialCrossEntropy'
    | 'multiclassExponential'
    | 'pairLog'
    | 'crammerSinger'
    | 'westonWatkins'
    | 'squaredHinge'
    | 'sparsemax',
    PermTemplate
  >
> = {
  multinomialCrossEntropy,
  multiclassExponential,
  pairLog,
  crammerSinger: (u) => worstHinge(u, 1, 1),
  westonWatkins: (u) => hingeSum(u, 1, 1),
  squaredHinge: (u) => hingeSum(u, 1, 2),
  sparsemax,
}
