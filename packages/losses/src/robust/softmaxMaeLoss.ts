import type { Tensor } from '@wengert/core'
import { complement, labelLogProbs } from '../labelLogProbs.ts'

/**
 * Absolute distance of softmax(logits) from the one-hot label. Use it where very many labels are wrong: it is symmetric
 * and so the most robust of the losses here, but it learns slowly and underfits with many classes.
 *
 *     p = softmax(logits)
 *     L = Σₖ |pₖ − one-hot labelₖ| = 2 (1 − p at the label)
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: 2 p (softmax(logits) − one-hot label), with p at the label; it vanishes for p → 0.
 * Source: Ghosh, Kumar, Sastry, arXiv 1712.09482 (2017).
 *
 * @example softmaxMaeLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.669518
 */
export function softmaxMaeLoss(logits: Tensor, labels: Tensor): Tensor {
  const { logProb, mark } = labelLogProbs('softmaxMaeLoss', logits, labels)
  return mark(complement(logProb).mul(2))
}
