import { expm1, sum, type Tensor, where } from '@wengert/core'
import { labelLogProbs } from '../labelLogProbs.ts'

/**
 * Squared distance of softmax(logits) from the one-hot label, also called Brier score. Use it for probabilities that
 * are to be well calibrated, or as a bounded stand-in for crossEntropy where some labels are wrong.
 *
 *     p = softmax(logits)
 *     L = Σₖ (pₖ − one-hot labelₖ)²
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: 2 pₖ (rₖ − Σⱼ pⱼ rⱼ), r = p − one-hot label; it vanishes where a prediction saturates, right or wrong.
 * Source: Brier, Verification of Forecasts Expressed in Terms of Probability (1950); against noisy labels Ghosh, Kumar,
 * Sastry, arXiv 1712.09482 (2017).
 *
 * @example softmaxMseLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.180061
 */
export function softmaxMseLoss(logits: Tensor, labels: Tensor): Tensor {
  const { logProbs, hit, mark } = labelLogProbs('softmaxMseLoss', logits, labels)
  const differences = where(hit, expm1(logProbs), logProbs.exp())
  return mark(sum(differences.square(), { axis: -1 }))
}
