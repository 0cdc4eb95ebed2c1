import { checkOption, cosineSimilarity, dims, relu, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { signLabels } from '../labels.ts'

export interface CosineEmbeddingOptions {
  /** Cosine up to which pairs that do not belong together cost nothing, from −1 to 1. @default 0 */
  readonly margin?: number
}

/**
 * Cosine loss of pairs that belong together or do not. Use it to learn embeddings, compared by angle, from single pairs. Not
 * where labels of a whole batch are at hand: ntXentLoss and its like learn from all pairs of it.
 *
 *     L = 1 − cos                    where the label is 1
 *         max(0, cos − margin)       where it is −1
 *
 * The cosine with a vector 0 counts as 0. Labels other than −1 and 1 throw where their numbers are data on the host; labels
 * that are computed give NaN there.
 *
 * Shapes: embeddings [...B, D], others [...B, D], labels [...B] → [...B].
 * Gradient: at right angles to each vector; it vanishes where the two are opposite, and is 0 at the kink.
 * Source: CosineEmbeddingCriterion of Torch: Collobert, Kavukcuoglu, Farabet, Torch7 (2011).
 *
 * @example cosineEmbeddingLoss(tensor([[1, 0], [3, 4]]), tensor([[1, 0], [4, 3]]), tensor([1, -1])).dataSync() // 0, 0.96
 */
export function cosineEmbeddingLoss(
  embeddings: Tensor,
  others: Tensor,
  labels: Tensor,
  { margin = 0 }: CosineEmbeddingOptions = {},
): Tensor {
  const fn = 'cosineEmbeddingLoss'
  dims(fn, { embeddings, others, labels }, '...B D, ...B D, ...B')
  checkFloats(fn, { embeddings, others })
  checkOption(fn, 'margin', margin, margin >= -1 && margin <= 1, 'from -1 to 1')
  const { hit, mark } = signLabels(fn, labels)
  const cosine = cosineSimilarity(embeddings, others)
  return mark(where(hit, cosine.neg().add(1), relu(cosine.sub(margin))))
}
