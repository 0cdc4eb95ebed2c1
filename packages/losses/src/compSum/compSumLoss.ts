import { checkOption, expm1, type Tensor } from '@wengert/core'
import { labelLogProbs } from '../labelLogProbs.ts'

export interface CompSumOptions {
  /** Which member of the family, ≥ 0. @default 1, crossEntropy */
  readonly tau?: number
}

/**
 * Comp-sum losses, a family in one parameter: the larger τ, the less an example far on the wrong side weighs. Use it to
 * move between losses that insist on every label and those that forgive wrong ones.
 *
 *     p = softmax(logits) at the label,  v = Σ_{j≠y} e^(zⱼ − z_y) = 1/p − 1
 *     L = ((1 + v)^(1 − τ) − 1) / (1 − τ),   log(1 + v) for τ = 1
 *
 *     τ = 0       multiclassExponentialLoss
 *     τ = 1       crossEntropy
 *     1 < τ < 2   generalizedCrossEntropy with q = τ − 1
 *     τ = 2       1 − p, half of softmaxMaeLoss
 *
 * It is convex in the logits for τ ≤ 1 and bounded by 1/(τ − 1) for τ > 1. For τ < 1 it grows like e^((1 − τ) margin):
 * logits wrong by hundreds overflow. Class labels outside [0, K) throw where their numbers are data on the host; labels
 * that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: p^(τ − 1) (softmax(logits) − one-hot label); it vanishes for p → 0 if τ > 1.
 * Source: Mao, Mohri, Zhong, arXiv 2304.07288 (2023); the printed formula and equation numbers are UNVERIFIED, the
 * members of the family are those the paper names.
 *
 * @example compSumLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' }), { tau: 1.5 }).item() // 0.368754
 */
export function compSumLoss(logits: Tensor, labels: Tensor, { tau = 1 }: CompSumOptions = {}): Tensor {
  const fn = 'compSumLoss'
  const { logProb, mark } = labelLogProbs(fn, logits, labels)
  return mark(compSumOf(fn, logProb, tau))
}

/** The member τ of the family at the logarithm of the label's probability. */
export const compSumOf = (fn: string, logProb: Tensor, tau: number): Tensor => {
  checkOption(fn, 'tau', tau, tau >= 0 && Number.isFinite(tau), 'a finite number of at least 0')
  const rest = 1 - tau
  // Nearer to 1 the quotient of roundings would be no better than the limit.
  return Math.abs(rest) < 1e-12 ? logProb.neg() : expm1(logProb.mul(-rest)).div(rest)
}
