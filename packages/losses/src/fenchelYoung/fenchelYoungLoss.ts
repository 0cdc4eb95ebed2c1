import { argMax, customVjp, expm1, oneHot, softplus, sum, type Tensor, where, xLogY } from '@wengert/core'
import { checkChoice, checkPositive } from '../check.ts'
import { classLabels, labelledSoftly } from '../labels.ts'
import { tsallisConjugate } from './tsallisConjugate.ts'

/** A convex Ω, by its conjugate or by its prediction function; both take and return rows along the last axis. */
export type Regularizer =
  | {
      /** Ω*(z) = max over p of z · p − Ω(p), [...B, K] → [...B]. */
      readonly conjugate: (logits: Tensor) => Tensor
      /** Ω(p), [...B, K] → [...B]. @default 0 */
      readonly value?: (probs: Tensor) => Tensor
    }
  | {
      /** The p for which z · p − Ω(p) is greatest, [...B, K] → [...B, K]; it may be found by any means. */
      readonly argmax: (logits: Tensor) => Tensor
      /** Ω(p), [...B, K] → [...B]. @default 0 */
      readonly value?: (probs: Tensor) => Tensor
    }

export interface FenchelYoungOptions {
  /**
   * Ω: ½ ‖p‖² ('squared'); on the simplex 0 ('perceptron'), −Shannon's entropy ('logistic'), −Tsallis' entropy ('tsallis') and that
   * for α = 2 ('sparsemax'); in the cube Σ p log p + (1 − p) log (1 − p) ('logisticOva'); or one of your own. @default 'logistic'
   */
  readonly regularizer?: 'squared' | 'perceptron' | 'logistic' | 'logisticOva' | 'sparsemax' | 'tsallis' | Regularizer
  /** Of 'tsallis': greater than 0. @default 1.5 */
  readonly alpha?: number
}

const total = (x: Tensor): Tensor => sum(x, { axis: -1 })

const regularizers = {
  squared: () => ({ conjugate: (z) => total(z.square()).div(2), value: (p) => total(p.square()).div(2) }),
  perceptron: () => ({ argmax: (z) => oneHot(argMax(z), z.shape.at(-1) as number, { dtype: z.dtype }) }),
  logistic: () => tsallis(1),
  logisticOva: () => ({
    conjugate: (z) => total(softplus(z)),
    value: (p) => total(xLogY(p, p).add(xLogY(p.neg().add(1), p.neg().add(1)))),
  }),
  sparsemax: () => tsallis(2),
  tsallis: (alpha) => tsallis(alpha),
} as const satisfies Record<string, (alpha: number) => Regularizer>

function tsallis(alpha: number): Regularizer {
  const value = (p: Tensor): Tensor => {
    if (alpha === 1) return total(xLogY(p, p))
    const positive = p.greater(0)
    const powers = expm1(
      where(positive, p, 1)
        .log()
        .mul(alpha - 1),
    )
    return total(where(positive, p.mul(powers), 0)).div(alpha * (alpha - 1))
  }
  return { conjugate: (z) => tsallisConjugate(z, alpha), value }
}

/**
 * Fenchel–Young loss of a regularizer Ω: what z loses against its own prediction when it has to predict the target. Use it to
 * train whatever prediction function you have, the argmax below, with a convex loss of its own: softmax, entmax, a projection, a
 * structured argmax.
 *
 *     Ω*(z) = max over p of z · p − Ω(p),   attained at p
 *     L = Ω*(z) + Ω(t) − t · z
 *
 * It is at least 0, and 0 just where the prediction is t. An Ω of your own is given by its conjugate, a max-function that is
 * differentiated, or by its argmax, which is not. Targets are rows t, or class labels, which stand for one-hot rows. Rows are not
 * checked to lie where Ω is finite. Class labels outside [0, K) throw where their numbers are data on the host; labels that are
 * computed give NaN there.
 *
 * Shapes: logits [...B, K], targets [...B, K] of floats or i32 [...B] → [...B].
 * Gradient: p − t with respect to logits; for 'perceptron' p is the one-hot row of the first of the greatest.
 * Source: Blondel, Martins, Niculae, Learning with Fenchel-Young Losses, arXiv 1901.02324 (2020), def. 2. Numbering UNVERIFIED.
 *
 * @example fenchelYoungLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.407606
 * @example fenchelYoungLoss(tensor([2, 1]), tensor([0.5, 0.5]), { regularizer: { argmax: (z) => z, value: (p) => sum(p.square()).div(2) } }).item() // 1.25
 */
export function fenchelYoungLoss(
  logits: Tensor,
  targets: Tensor,
  { regularizer = 'logistic', alpha = 1.5 }: FenchelYoungOptions = {},
): Tensor {
  const fn = 'fenchelYoungLoss'
  const { soft, K } = labelledSoftly(fn, 'targets', logits, targets)
  checkPositive(fn, 'alpha', alpha)
  if (typeof regularizer === 'string') checkChoice(fn, 'regularizer', regularizer, regularizers)
  const omega: Regularizer = typeof regularizer === 'string' ? regularizers[regularizer](alpha) : regularizer
  const classes = soft ? null : classLabels(fn, targets, K)
  const t = classes ? classes.hit.cast(logits.dtype) : targets.cast(logits.dtype)
  const loss = conjugateOf(omega, logits).sub(dot(t, logits))
  const whole = omega.value ? loss.add(omega.value(t)) : loss
  return classes ? classes.mark(whole) : whole
}

function conjugateOf(omega: Regularizer, logits: Tensor): Tensor {
  if ('conjugate' in omega) return omega.conjugate(logits)
  const { argmax, value } = omega
  // By the envelope theorem; the argmax may be a solver that has no derivative.
  return customVjp(
    (z: Tensor, p: Tensor) => (value ? dot(p, z).sub(value(p)) : dot(p, z)),
    (g, _, _z, p) => [g.expandDims(-1).mul(p), null],
  )(logits, argmax(logits))
}

/** p · z; what is not chosen may be −∞. */
function dot(p: Tensor, z: Tensor): Tensor {
  return total(where(p.equal(0), 0, p.mul(z)))
}
