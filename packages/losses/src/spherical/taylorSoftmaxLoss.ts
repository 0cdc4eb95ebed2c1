import type { Tensor } from '@wengert/core'
import { negativeLogShare } from './logShare.ts'
import { taylorWeights } from './taylorSoftmax.ts'

/**
 * Cross-entropy of taylorSoftmax and the labels. Use it in place of crossEntropy for few classes, where it did as well
 * or better on small images, or as the member of the spherical family next to it; it grows like a logarithm, so wrong
 * labels weigh little.
 *
 *     t(z) = 1 + z + z²/2
 *     L = −log t(z_y) / Σⱼ t(zⱼ)
 *
 * Predict by argMax of t, not of the logits: t grows again below −1. Class labels outside [0, K) throw where their
 * numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: (1 + zⱼ) (1 / Σ t − [j = y] / t(z_y)); it vanishes for each logit at −1, and like 1/z far out.
 * Source: de Brébisson and Vincent, arXiv 1511.05042 (2016).
 *
 * @example taylorSoftmaxLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.530628
 */
export function taylorSoftmaxLoss(logits: Tensor, labels: Tensor): Tensor {
  return negativeLogShare('taylorSoftmaxLoss', logits, labels, taylorWeights)
}
