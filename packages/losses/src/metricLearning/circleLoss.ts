import { checkOption, relu, softplus, stopGradient, type Tensor } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { cosinesOf, logSumOver, type PairOptions, pairsOf } from './pairs.ts'

export interface CircleOptions extends PairOptions {
  /** How far from 1 positives and from 0 negatives may stay, finite. @default 0.4; the authors take 0.25 */
  readonly margin?: number
  /** What differences are multiplied by, greater than 0. @default 80; the authors take 256 for faces, 128 for persons */
  readonly gamma?: number
}

/**
 * Softmax over all pairs of an anchor in which those far from their aim pull harder. Use it for cosines that must reach the same
 * end for all classes: its boundary is a circle around s_p = 1, s_n = 0, not a line.
 *
 *     L = log(1 + Σ_n e^(gamma a_n (s_n − margin)) · Σ_p e^(−gamma a_p (s_p − (1 − margin))))
 *     a_p = [1 + margin − s_p]₊,   a_n = [s_n + margin]₊, held fixed in the gradient
 *
 * An anchor without a positive or without a negative has loss 0; take nonZeroMean over the batch, as pytorch-metric-learning does.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → [B], coupled by their pairs.
 * Gradient: across embeddings, none along them, with the weights a held fixed; it is so not the derivative of the value.
 * Source: Sun et al., Circle Loss, arXiv 2002.10857 (2020), with the defaults of pytorch-metric-learning 2.8.1.
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * circleLoss(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels, { gamma: 1 }).dataSync() // 0.6163, 0.9617, 0.0000
 */
export function circleLoss(
  embeddings: Tensor,
  labels: Tensor,
  { margin = 0.4, gamma = 80, ...options }: CircleOptions = {},
): Tensor {
  const fn = 'circleLoss'
  const { positive, negative } = pairsOf(fn, embeddings, labels, options)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  checkPositive(fn, 'gamma', gamma)
  const s = cosinesOf(embeddings)
  const toPositive = stopGradient(relu(s.neg().add(1 + margin)))
  const toNegative = stopGradient(relu(s.add(margin)))
  const pull = toPositive.mul(s.sub(1 - margin)).mul(-gamma)
  const push = toNegative.mul(s.sub(margin)).mul(gamma)
  // −∞, and so 0, where a side is missing.
  return softplus(logSumOver(negative, push).add(logSumOver(positive, pull)))
}
