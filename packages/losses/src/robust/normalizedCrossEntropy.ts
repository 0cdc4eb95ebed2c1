import { sum, type Tensor, where } from '@wengert/core'
import { type LabelLogProbs, labelLogProbs } from '../labelLogProbs.ts'

/**
 * Cross-entropy as a share of what all labels would cost. Use it beside a loss that also learns from what is hard, as
 * in nceAndRce, where some labels are wrong: alone it is robust but hardly fits.
 *
 *     p = softmax(logits)
 *     L = log p at the label / Σₖ log pₖ
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 * Of one class alone the loss is 0.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: (one-hot label − L − (1 − K L) p) / c, c = Σₖ log pₖ; it vanishes where a prediction saturates, right or
 * wrong.
 * Source: Ma, Huang, Wang, Romano, Erfani, Bailey, arXiv 2006.13554 (2020); equation numbers UNVERIFIED.
 *
 * @example normalizedCrossEntropy(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.096525
 */
export function normalizedCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const ready = labelLogProbs('normalizedCrossEntropy', logits, labels)
  return ready.mark(normalized(ready))
}

/** log p at the label over Σₖ log pₖ; 0 where there is one class. */
export const normalized = ({ logProb, logProbs }: LabelLogProbs): Tensor => {
  const total = sum(logProbs, { axis: -1 })
  return logProb.div(where(total.equal(0), 1, total))
}
