import type { Tensor } from '@wengert/core'
import { negativeLogShare } from './logShare.ts'
import { type SphericalSoftmaxOptions, sphericalWeights } from './sphericalSoftmax.ts'

/**
 * Cross-entropy of sphericalSoftmax and the labels. Use it in place of crossEntropy to see what a loss of the spherical
 * family does: it depends on the logits by Σ z² and the label's logit alone, so its output layer can be trained at a
 * cost independent of the number of classes.
 *
 *     L = −log (z_y² + eps) / Σⱼ (zⱼ² + eps)
 *
 * It does not see the signs of logits; predict by the greatest |z|. Where all logits are 0 it is log K with gradient 0:
 * start from other weights. Class labels outside [0, K) throw where their numbers are data on the host; labels that are
 * computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: 2 zⱼ (1 / Σ (z² + eps) − [j = y] / (z_y² + eps)); it is 0 for each logit at 0 and steepest about z_y =
 * √eps.
 * Source: de Brébisson and Vincent, arXiv 1511.05042 (2016); the paper's eps is UNVERIFIED.
 *
 * @example sphericalSoftmaxLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.223493
 */
export function sphericalSoftmaxLoss(
  logits: Tensor,
  labels: Tensor,
  { eps = 1e-3 }: SphericalSoftmaxOptions = {},
): Tensor {
  const fn = 'sphericalSoftmaxLoss'
  return negativeLogShare(fn, logits, labels, (z) => sphericalWeights(fn, z, eps))
}
