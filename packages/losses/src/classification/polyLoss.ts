import { checkOption, type Tensor } from '@wengert/core'
import { complement, labelLogProbs } from '../labelLogProbs.ts'

export interface PolyOptions {
  /** What is added to the first coefficients of the polynomial: one number, or one for each power from 1. @default 1 */
  readonly epsilon?: number | readonly number[]
}

/**
 * Cross-entropy, seen as the polynomial (1 − p) + (1 − p)²/2 + (1 − p)³/3 + …, with its first coefficients changed. Use it
 * to tune crossEntropy by one number: a positive one strengthens the pull on examples that are nearly right, a negative one
 * weakens it. Not without tuning: the best number depends on the task, its sign included.
 *
 *     p = softmax(logits) at the label
 *     L = −log p + Σⱼ εⱼ (1 − p)ʲ
 *
 * With ε₁ = −1 the first term is gone, and the value may be below 0 with less. Class labels outside [0, K) throw where
 * their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: (1 + p Σⱼ j εⱼ (1 − p)ʲ⁻¹) · (softmax(logits) − one-hot label) with respect to logits.
 * Source: Leng et al., PolyLoss, arXiv 2204.12511 (2022).
 *
 * @example polyLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.742365
 * @example polyLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' }), { epsilon: [0, -0.5] }).item() // 0.351574
 */
export function polyLoss(logits: Tensor, labels: Tensor, { epsilon = 1 }: PolyOptions = {}): Tensor {
  const { logProb, mark } = labelLogProbs('polyLoss', logits, labels)
  const coefficients = typeof epsilon === 'number' ? [epsilon] : epsilon
  for (const e of coefficients) checkOption('polyLoss', 'epsilon', e, Number.isFinite(e), 'finite')
  const wrong = complement(logProb)
  // By Horner's rule, from the highest power to the first.
  const polynomial = coefficients.reduceRight<Tensor | number>((inner, e) => wrong.mul(inner).add(e), 0)
  return mark(wrong.mul(polynomial).sub(logProb))
}
