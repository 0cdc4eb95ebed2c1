import { checkOption, type Tensor, where } from '@wengert/core'
import { complement, labelLogProbs } from '../labelLogProbs.ts'

export interface GeneralizedJsOptions {
  /** Weight of the label in the mixture, between 0 and 1. @default 0.5 */
  readonly pi?: number
}

/**
 * Jensen–Shannon divergence of label and prediction with weights π and 1 − π, scaled so that it lies between
 * crossEntropy, the limit π → 0, and 1 − p, the limit π → 1. Use it where some labels are wrong; a smaller π fits
 * faster, a larger one is more robust.
 *
 *     p = softmax(logits),  e = one-hot label,  m = π e + (1 − π) p
 *     L = (π KL(e ‖ m) + (1 − π) KL(p ‖ m)) / (−(1 − π) log(1 − π))
 *
 * It is a function of p at the label alone. The authors' code keeps m above 1e-7, which this need not. In f32 π should
 * not be far below 0.01: parts of the sum cancel. Class labels outside [0, K) throw where their numbers are data on the
 * host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: p log(m / ((1 − π) p)) / log(1 / (1 − π)) · (softmax(logits) − one-hot label), with p and m at the label;
 * it vanishes for p → 0.
 * Source: Englesson, Azizpour, arXiv 2105.04522 (2021), with two distributions; equation numbers UNVERIFIED.
 *
 * @example generalizedJsLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.383635
 */
export function generalizedJsLoss(logits: Tensor, labels: Tensor, { pi = 0.5 }: GeneralizedJsOptions = {}): Tensor {
  const fn = 'generalizedJsLoss'
  const { logProb, mark } = labelLogProbs(fn, logits, labels)
  checkOption(fn, 'pi', pi, pi > 0 && pi < 1, 'between 0 and 1')
  const rest = Math.log1p(-pi)
  const p = logProb.exp()
  const m = p.mul(1 - pi).add(pi)
  // p log p → 0 where the label is ruled out.
  const pLogP = p.mul(where(logProb.equal(Number.NEGATIVE_INFINITY), 0, logProb))
  const others = complement(logProb).mul(rest)
  const divergence = pLogP
    .sub(others)
    .mul(1 - pi)
    .sub(m.mul(m.log()))
  return mark(divergence.div(-(1 - pi) * rest))
}
