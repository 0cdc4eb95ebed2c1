import { any, maximum, sum, type Tensor, where } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { cosinesOf, has, logSumOver, type PairOptions, pairsOf } from './pairs.ts'

export interface SupConOptions extends PairOptions {
  /** What cosines are divided by, greater than 0. @default 0.1; the authors report 0.07 and 0.1 */
  readonly temperature?: number
}

/**
 * Cross-entropy of an anchor over the rest of its batch, averaged over the examples of its class: supervised contrastive learning. Use
 * it to pre-train an encoder from labels in large batches; positives compete with each other, so that with k of them it stays
 * above log k, which ntXentLoss does not.
 *
 *     L = −1/|P| Σ_p log( e^(s_ap / temperature) / Σ_{j≠a} e^(s_aj / temperature) )
 *
 * s are cosines. Anchors without a positive have loss 0, and so have all in a batch without negatives; take nonZeroMean over the
 * batch, which leaves them out.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → [B], coupled by their pairs.
 * Gradient: (softmax − 1/|P| for positives) / temperature with respect to the cosines; across embeddings, none along them.
 * Source: Khosla et al., Supervised Contrastive Learning, arXiv 2004.11362 (2020), its sum outside the logarithm and without the factor
 * temperature / base temperature.
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * supConLoss(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels).dataSync() // 0.0025, 2.1269, 0.0000
 */
export function supConLoss(
  embeddings: Tensor,
  labels: Tensor,
  { temperature = 0.1, ...options }: SupConOptions = {},
): Tensor {
  const { positive, negative } = pairsOf('supConLoss', embeddings, labels, options)
  checkPositive('supConLoss', 'temperature', temperature)
  const z = cosinesOf(embeddings).div(temperature)
  const count = maximum(sum(positive, { axis: 1 }), 1).cast(z.dtype)
  const own = sum(where(positive, z, 0), { axis: 1 }).div(count)
  const loss = logSumOver(positive.or(negative), z).sub(own)
  return where(has(positive).and(any(negative)), loss, 0)
}
