import { softplus, type Tensor } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { meanOver } from './nonZeroMean.ts'
import { cosinesOf, logSumOver, type PairOptions, pairsOf } from './pairs.ts'

export interface NtXentOptions extends PairOptions {
  /** What cosines are divided by, greater than 0. @default 0.07 */
  readonly temperature?: number
}

/**
 * Cross-entropy of each positive pair against the negatives of its anchor, as of SimCLR and InfoNCE. Use it for two views of each
 * example, which then share a label, or for classes: other positives are no part of a pair's sum, so the loss can come to 0.
 *
 *     L = mean over pairs (a, p) of log(1 + Σ_n e^((s_an − s_ap) / temperature))
 *
 * s are cosines. Without positives or without negatives it is 0.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → a scalar, since the mean is over pairs of the batch.
 * Gradient: (softmax − [j = p]) / temperature with respect to the cosines of a pair's sum; across embeddings, none along them.
 * Source: Chen, Kornblith, Norouzi, Hinton, SimCLR, arXiv 2002.05709 (2020); for labels and with the default as in
 * pytorch-metric-learning 2.8.1.
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * ntXentLoss(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels).item() // 1.4566
 */
export function ntXentLoss(
  embeddings: Tensor,
  labels: Tensor,
  { temperature = 0.07, ...options }: NtXentOptions = {},
): Tensor {
  const { positive, negative } = pairsOf('ntXentLoss', embeddings, labels, options)
  checkPositive('ntXentLoss', 'temperature', temperature)
  const z = cosinesOf(embeddings).div(temperature)
  return meanOver(positive, softplus(logSumOver(negative, z).expandDims(1).sub(z)))
}
