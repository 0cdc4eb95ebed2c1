import { log1p, type Tensor } from '@wengert/core'
import { tailHinge } from './margins.ts'

/**
 * Hinge loss with a tail like 1/log s: it goes on falling beyond the margin, very slowly to −e. Use it where the
 * hinge's dead zone stalls training and the loss should stay bounded with the heaviest tail that allows.
 *
 *     s = z if the label is 1, −z if it is 0
 *     L = 1 − s                    for s ≤ 1
 *         e / log(s + e − 1) − e   for s > 1
 *
 * It is at least −e. Convex. Labels other than 0 and 1, of any dtype, throw where their numbers are data on the host;
 * labels that are computed give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S].
 * Gradient: −1 with respect to s up to s = 1, −e / ((s + e − 1) log²(s + e − 1)) beyond; continuous at 1, where the
 * second derivative jumps.
 * Source: Dai, EnsLoss, arXiv 2409.00908 (2025), appendix D.
 *
 * @example inverseLogTailHinge(tensor([0.5, -2]), tensor([1, 0])).dataSync() // 0.5, -0.648411
 */
export function inverseLogTailHinge(logits: Tensor, labels: Tensor): Tensor {
  return tailHinge('inverseLogTailHinge', logits, labels, (excess) => {
    const log = log1p(excess.div(Math.E))
    return log.mul(-Math.E).div(log.add(1))
  })
}
