import { logSumExp, type Tensor } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { type LdrMarginOptions, marginTerms } from './marginTerms.ts'

export interface LdrKlOptions extends LdrMarginOptions {
  /** Temperature, > 0: near 0 the greatest term counts alone, far above all count alike. @default 1 */
  readonly lambda?: number
}

/**
 * LDR-KL loss: the worst case of all distributions over the labels, less λ times their divergence from the uniform one.
 * Use it in place of crossEntropy for a margin between classes, or, with a greater λ, where some labels are wrong.
 *
 *     tⱼ = margin [j ≠ y] + zⱼ − z_y,  so t_y = 0
 *     L = max_q Σⱼ qⱼ tⱼ − λ KL(q ‖ uniform) = λ log((1/K) Σⱼ e^(tⱼ / λ))
 *
 * For λ = 1 and margin 0 it is crossEntropy − log K; it tends to multiclassHinge by Crammer and Singer as λ falls and to the mean of the
 * terms as it grows. It may be negative. The authors' code has normalization 'softplusMean', and λ 10 and margin 0.1 in
 * its experiments. Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed
 * give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: softmax(t / λ) − one-hot label with respect to logits that are not normalized.
 * Source: Zhu, Ying, Yang, arXiv 2112.14869 (2023); equation numbers UNVERIFIED.
 *
 * @example ldrKlLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // -0.656405
 */
export function ldrKlLoss(logits: Tensor, labels: Tensor, { lambda = 1, ...options }: LdrKlOptions = {}): Tensor {
  const fn = 'ldrKlLoss'
  const { terms, mark, K } = marginTerms(fn, logits, labels, options)
  checkPositive(fn, 'lambda', lambda)
  return mark(logSumExp(terms.div(lambda), { axis: -1 }).sub(Math.log(K)).mul(lambda))
}
