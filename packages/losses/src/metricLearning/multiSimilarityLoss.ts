import { checkOption, softplus, type Tensor } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { cosinesOf, logSumOver, type PairOptions, pairsOf } from './pairs.ts'

export interface MultiSimilarityOptions extends PairOptions {
  /** How strongly hard positives outweigh the others, greater than 0. @default 2 */
  readonly alpha?: number
  /** How strongly hard negatives outweigh the others, greater than 0. @default 50; the authors' code takes 40 */
  readonly beta?: number
  /** Cosine between positives and negatives, finite. @default 0.5 */
  readonly base?: number
}

/**
 * Soft hinges on cosines, in which each pair of an anchor is weighed against its other pairs. Use it as the first loss of pairs to try
 * for batches of several examples a class; with pairs: multiSimilarityMiner(embeddings, labels) as it was published.
 *
 *     L = 1/alpha log(1 + Σ_p e^(−alpha (s_ap − base))) + 1/beta log(1 + Σ_n e^(beta (s_an − base)))
 *
 * A sum over no pairs is 0.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → [B], coupled by their pairs.
 * Gradient: across embeddings, none along them; a pair's weight is its share in its sum, 1 in it included. It fades for positives
 * above and negatives below the base.
 * Source: Wang, Han, Huang, Dong, Scott, Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning,
 * arXiv 1904.06627 (2019), with the defaults of pytorch-metric-learning 2.8.1.
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * multiSimilarityLoss(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels).dataSync() // 0.2991, 0.5991, 0.3000
 */
export function multiSimilarityLoss(
  embeddings: Tensor,
  labels: Tensor,
  { alpha = 2, beta = 50, base = 0.5, ...options }: MultiSimilarityOptions = {},
): Tensor {
  const fn = 'multiSimilarityLoss'
  const { positive, negative } = pairsOf(fn, embeddings, labels, options)
  checkPositive(fn, 'alpha', alpha)
  checkPositive(fn, 'beta', beta)
  checkOption(fn, 'base', base, Number.isFinite(base), 'finite')
  const s = cosinesOf(embeddings).sub(base)
  const pull = softplus(logSumOver(positive, s.mul(-alpha))).div(alpha)
  return pull.add(softplus(logSumOver(negative, s.mul(beta))).div(beta))
}
