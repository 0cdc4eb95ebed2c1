import { checkOption, mean, type Tensor, topK } from '@wengert/core'
import { type LdrMarginOptions, marginTerms } from './marginTerms.ts'

export interface LdrKOptions extends LdrMarginOptions {
  /** Of how many terms to take the mean, an integer from 1 to K. @default 1 */
  readonly k?: number
}

/**
 * LDR-k loss: the mean of the k greatest margin terms, which is the worst case of all distributions over the labels
 * that give none more than 1/k. Use it in place of a multiclass hinge where classes are confused in groups, or where
 * some labels are wrong, with k above 1.
 *
 *     tⱼ = margin [j ≠ y] + zⱼ − z_y,  so t_y = 0
 *     L = (1/k) Σ of the k greatest tⱼ
 *
 * For k = 1 it is multiclassHinge by Crammer and Singer, for k = K the mean of all terms. It may be negative for k > 1. Class labels
 * outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: 1/k for each class among the greatest, less the one-hot label, with respect to logits that are not
 * normalized; the first by index where terms tie.
 * Source: Zhu, Ying, Yang, arXiv 2112.14869 (2023), from the abstract's family of losses; numbering UNVERIFIED, and
 * there is no code of the authors for this one.
 *
 * @example ldrKLoss(tensor([2, 1, 0]), tensor(1, { dtype: 'i32' }), { k: 2 }).item() // 0.55
 */
export function ldrKLoss(logits: Tensor, labels: Tensor, { k = 1, ...options }: LdrKOptions = {}): Tensor {
  const fn = 'ldrKLoss'
  const { terms, mark, K } = marginTerms(fn, logits, labels, options)
  checkOption(fn, 'k', k, Number.isInteger(k) && k >= 1 && k <= K, `an integer from 1 to ${K}`)
  return mark(mean(topK(terms, k).values, { axis: -1 }))
}
