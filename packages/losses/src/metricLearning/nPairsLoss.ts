import { softplus, sum, type Tensor, tril, where } from '@wengert/core'
import { dotProduct } from './distances.ts'
import { meanOver } from './nonZeroMean.ts'
import { cosinesOf, has, logSumOver, pairsOf } from './pairs.ts'

export interface NPairsOptions {
  /** Compare by cosines and not by dot products, as pytorch-metric-learning does. @default false */
  readonly normalize?: boolean
}

/**
 * Cross-entropy of one pair for each class of a batch against the second halves of the other pairs. Use it for batches of two examples
 * a class; with more, the rest is not read, and ntXentLoss reads all.
 *
 *     (a_c, p_c) = the first two examples of class c
 *     L = mean over c of log(1 + Σ_{k≠c} e^(a_c · p_k − a_c · p_c))
 *
 * Classes of one example are skipped; without a pair the loss is 0. The regulariser of the paper, a multiple of mean ‖x‖², is the
 * caller's.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → a scalar, since the mean is over classes of the batch.
 * Gradient: softmax − [k = c] with respect to the products; 0 to all but the first two examples of a class.
 * Source: Sohn, Improved Deep Metric Learning with Multi-class N-pair Loss Objective (2016).
 *
 * @example const labels = tensor([0, 1, 0, 1], { dtype: 'i32' })
 * nPairsLoss(tensor([[1, 0], [0, 1], [0.6, 0.8], [0, 2]]), labels).item() // 0.3504
 */
export function nPairsLoss(embeddings: Tensor, labels: Tensor, { normalize = false }: NPairsOptions = {}): Tensor {
  const { positive, negative } = pairsOf('nPairsLoss', embeddings, labels)
  const earlier = sum(tril(positive.cast('i32')), { axis: 1 })
  const anchor = earlier.equal(0).and(has(positive))
  const second = earlier.equal(1)
  const z = normalize ? cosinesOf(embeddings) : dotProduct(embeddings, embeddings)
  const own = sum(where(positive.and(second), z, 0), { axis: 1 })
  return meanOver(anchor, softplus(logSumOver(negative.and(second), z).sub(own)))
}
