import { logSumExp, softplus, type Tensor, where } from '@wengert/core'
import { labelledScores, type MultiLabelOptions, overPositives } from './labelledScores.ts'

/**
 * Cross-entropy of softmaxes of one positive and all negatives each. Use it to train retrieval where several labels are
 * true of an example: unlike in multiLabelInfoNceLoss they do not compete, and all can be predicted at once.
 *
 *     z = scores / temperature
 *     L = mean over the positives l of −log( e^(zₗ) / (e^(zₗ) + Σ over the negatives j of e^(zⱼ)) )
 *
 * Without positives, or without negatives, it is 0. A mask tells which labels take part: to train with one positive
 * drawn from each example, leave out the others by it. Labels are 0 and 1 of any dtype; others throw where they are
 * data on the host, and give NaN where they are computed.
 *
 * Shapes: scores [...B, K], labels [...B, K] → [...B].
 * Gradient: with n positives and rₗ = 1 − the probability in the formula, −rₗ / n for each of these and Σ r / n ·
 * softmax over the negatives for those, all over temperature.
 * Source: Gupta et al., Dual-Encoders for Extreme Multi-Label Classification, arXiv 2310.10636 (2023), and the authors'
 * code, which has logits of −100 in place of what is left out; equation numbers UNVERIFIED.
 *
 * @example decoupledSoftmaxLoss(tensor([2, 1, 0]), tensor([1, 1, 0]), { temperature: 1 }).item() // 0.220095
 */
export function decoupledSoftmaxLoss(scores: Tensor, labels: Tensor, options: MultiLabelOptions = {}): Tensor {
  const ready = labelledScores('decoupledSoftmaxLoss', scores, labels, options)
  const { logits, negative, count, mark } = ready
  const against = logSumExp(where(negative, logits, Number.NEGATIVE_INFINITY), { axis: -1, keepDims: true })
  return mark(overPositives(ready, softplus(against.sub(logits))).div(count))
}
