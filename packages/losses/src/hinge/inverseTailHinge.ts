import type { Tensor } from '@wengert/core'
import { tailHinge } from './margins.ts'

/**
 * Hinge loss with a tail like 1/s: it goes on falling beyond the margin, to −1. Use it where the hinge's dead zone
 * stalls training; far out its slope is less than that of logTailHinge and greater than that of expTailHinge.
 *
 *     s = z if the label is 1, −z if it is 0
 *     L = 1 − s           for s ≤ 1
 *         1/s − 1         for s > 1
 *
 * It is at least −1. Convex. Labels other than 0 and 1, of any dtype, throw where their numbers are data on the host;
 * labels that are computed give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S].
 * Gradient: −1 with respect to s up to s = 1, −1/s² beyond; continuous at 1, where the second derivative jumps.
 * Source: Dai, EnsLoss, arXiv 2409.00908 (2025), appendix D.
 *
 * @example inverseTailHinge(tensor([0.5, -2]), tensor([1, 0])).dataSync() // 0.5, -0.5
 */
export function inverseTailHinge(logits: Tensor, labels: Tensor): Tensor {
  return tailHinge('inverseTailHinge', logits, labels, (excess) => excess.neg().div(excess.add(1)))
}
