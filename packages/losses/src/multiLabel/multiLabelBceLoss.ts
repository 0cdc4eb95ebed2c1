import { maximum, softplus, sum, type Tensor, where } from '@wengert/core'
import { labelledScores, type MultiLabelOptions } from './labelledScores.ts'

/**
 * Binary cross-entropy of each label by itself, in the mean over all. Use it as a baseline: where labels are many and
 * few are true, dual encoders learn little from it, and decoupledSoftmaxLoss is better.
 *
 *     z = scores / temperature
 *     L = mean over the labels of softplus(z) − label z
 *
 * It is the mean of binaryCrossEntropy. A mask tells over which labels; of none it is 0. Labels are 0 and 1 of any
 * dtype; others throw where they are data on the host, and give NaN where they are computed.
 *
 * Shapes: scores [...B, K], labels [...B, K] → [...B].
 * Gradient: (σ(z) − labels) / (K · temperature).
 * Source: Gupta et al., Dual-Encoders for Extreme Multi-Label Classification, arXiv 2310.10636 (2023), and the authors'
 * code; equation numbers UNVERIFIED.
 *
 * @example multiLabelBceLoss(tensor([2, 1, 0]), tensor([1, 1, 0]), { temperature: 1 }).item() // 0.377779
 */
export function multiLabelBceLoss(scores: Tensor, labels: Tensor, options: MultiLabelOptions = {}): Tensor {
  const { logits, positive, negative, mark } = labelledScores('multiLabelBceLoss', scores, labels, options)
  const against = where(positive, logits.neg(), where(negative, logits, Number.NEGATIVE_INFINITY))
  const taken = sum(positive.or(negative), { axis: -1 })
  return mark(sum(softplus(against), { axis: -1 }).div(maximum(taken, 1).cast(scores.dtype)))
}
