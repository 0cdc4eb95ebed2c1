import { log1p, type Tensor } from '@wengert/core'
import { tailHinge } from './margins.ts'

/**
 * Hinge loss with a logarithmic tail: it goes on falling beyond the margin without end. Use it where the hinge's dead
 * zone stalls training; of the tails its slope falls most slowly, so that examples already right keep weight.
 *
 *     s = z if the label is 1, −z if it is 0
 *     L = 1 − s           for s ≤ 1
 *         −log s          for s > 1
 *
 * It has no least value. Convex. Labels other than 0 and 1, of any dtype, throw where their numbers are data on the
 * host; labels that are computed give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S].
 * Gradient: −1 with respect to s up to s = 1, −1/s beyond; continuous at 1, where the second derivative jumps.
 * Source: Dai, EnsLoss, arXiv 2409.00908 (2025), appendix D.
 *
 * @example logTailHinge(tensor([0.5, -2]), tensor([1, 0])).dataSync() // 0.5, -0.693147
 */
export function logTailHinge(logits: Tensor, labels: Tensor): Tensor {
  return tailHinge('logTailHinge', logits, labels, (excess) => log1p(excess).neg())
}
