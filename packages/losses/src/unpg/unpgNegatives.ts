import { arange, matmul, type Tensor } from '@wengert/core'
import { checkBatch, sameClass } from '../easyPositive/batch.ts'
import { unitRows } from '../margin/unitRows.ts'
import { type BoxWhiskerOptions, boxWhiskerFilter } from './boxWhiskerFilter.ts'

export interface UnpgNegativesOptions extends Pick<BoxWhiskerOptions, 'whisker'> {}

/** Similarities of the pairs of a batch, and which of them count as negatives. */
export interface UnpgNegatives {
  /** Cosines, [B, B]. */
  readonly similarities: Tensor
  /** Whether two examples i < j are of different classes and no outlier in their similarity, bool [B, B]. */
  readonly kept: Tensor
}

/**
 * The pairs of examples of a batch that are to be told apart: those of different classes, without the too easy and the likely wrong
 * ones. Use it for losses of pairs of your own; unpgLoss adds them to the negatives of a margin head.
 *
 *     similarities = x xᵀ for embeddings x scaled to length 1
 *     kept = i < j and yᵢ ≠ yⱼ and, among those, within the whiskers of boxWhiskerFilter
 *
 * Shapes: embeddings [B, D], labels i32 [B] → similarities [B, B] and kept bool [B, B].
 * Gradient: of the similarities, to both embeddings of a pair; none of kept.
 * Source: Jung et al., Unified Negative Pair Generation toward Well-discriminative Feature Space for Face Recognition,
 * arXiv 2203.11593 (2022).
 *
 * @example unpgNegatives(tensor([[1, 0], [0, 1], [3, 4]]), tensor([0, 1, 1], { dtype: 'i32' })).kept // 0, 1, 1, 0, 0, 0, 0, 0, 0
 */
export function unpgNegatives(
  embeddings: Tensor,
  labels: Tensor,
  { whisker = 1.5 }: UnpgNegativesOptions = {},
): UnpgNegatives {
  checkBatch('unpgNegatives', embeddings, labels)
  const B = labels.shape[0] as number
  const x = unitRows(embeddings)
  const similarities = matmul(x, x.transpose())
  const place = arange(B, { dtype: 'i32' })
  const pairs = sameClass(labels)
    .not()
    .and(place.greater(place.expandDims(-1)))
  const mask = pairs.reshape([B * B])
  const kept = boxWhiskerFilter(similarities.reshape([B * B]), { whisker, mask })
  return { similarities, kept: kept.reshape([B, B]) }
}
