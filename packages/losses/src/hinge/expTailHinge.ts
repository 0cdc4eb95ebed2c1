import { expm1, type Tensor } from '@wengert/core'
import { tailHinge } from './margins.ts'

/**
 * Hinge loss with an exponential tail: it goes on falling beyond the margin, fast at first, to −1. Use it where the
 * hinge's dead zone stalls training and distant examples should count almost nothing.
 *
 *     s = z if the label is 1, −z if it is 0
 *     L = 1 − s           for s ≤ 1
 *         e^(1 − s) − 1   for s > 1
 *
 * It is at least −1. Convex. Labels other than 0 and 1, of any dtype, throw where their numbers are data on the host;
 * labels that are computed give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S].
 * Gradient: −1 with respect to s up to s = 1, −e^(1 − s) beyond; continuous at 1, where the second derivative jumps.
 * Source: Dai, EnsLoss, arXiv 2409.00908 (2025), appendix D. The authors' code has −e^(1 − s), which jumps at s = 1 and
 * rises with s; this is the corrected form.
 *
 * @example expTailHinge(tensor([0.5, -2]), tensor([1, 0])).dataSync() // 0.5, -0.632121
 */
export function expTailHinge(logits: Tensor, labels: Tensor): Tensor {
  return tailHinge('expTailHinge', logits, labels, (excess) => expm1(excess.neg()))
}
