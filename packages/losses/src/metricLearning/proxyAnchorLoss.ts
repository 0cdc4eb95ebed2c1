import { any, checkOption, logSumExp, mean, softplus, sum, type Tensor, where, zerosLike } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { checkBatch } from '../easyPositive/batch.ts'
import { labelCosines } from '../margin/labelCosines.ts'
import { meanOver } from './nonZeroMean.ts'

export interface ProxyAnchorOptions {
  /** Cosine above which positives and below whose opposite negatives pull little, finite. @default 0.1 */
  readonly margin?: number
  /** What cosines are multiplied by, greater than 0. @default 32 */
  readonly alpha?: number
}

/**
 * Soft hinges between one learned vector for each class and all examples of a batch, each weighed against the others of its kind. Use it
 * for embeddings of many classes where proxyNcaLoss learns too slowly: a class is drawn to its hardest examples first.
 *
 *     L = mean over classes c in the batch of log(1 + Σ_{x of c} e^(−alpha (s_xc − margin)))
 *       + mean over all classes c of log(1 + Σ_{x not of c} e^(alpha (s_xc + margin)))
 *
 * s are cosines of embeddings and prototypes. Class labels outside [0, K) throw where their numbers are data on the host; labels that
 * are computed make the loss NaN.
 *
 * Shapes: embeddings [B, D], labels i32 [B], prototypes [K, D] → a scalar, since sums are over the batch.
 * Gradient: across embeddings and prototypes, none along them; an example's weight is its share in the sum of a class, 1 in it included.
 * Source: Kim, Kim, Cho, Kwak, Proxy Anchor Loss for Deep Metric Learning, arXiv 2003.13911 (2020).
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * proxyAnchorLoss(tensor([[0.6, 0.8]]), tensor([1], { dtype: 'i32' }), prototypes, { alpha: 1 }).item() // 0.9548
 */
export function proxyAnchorLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  { margin = 0.1, alpha = 32 }: ProxyAnchorOptions = {},
): Tensor {
  const fn = 'proxyAnchorLoss'
  checkBatch(fn, embeddings, labels)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  checkPositive(fn, 'alpha', alpha)
  const { cosines, hit, mark } = labelCosines(fn, embeddings, labels, prototypes, {})
  const hinge = (mask: Tensor, z: Tensor): Tensor =>
    softplus(logSumExp(where(mask, z, Number.NEGATIVE_INFINITY), { axis: 0 }))
  const pull = hinge(hit, cosines.sub(margin).mul(-alpha))
  const push = hinge(hit.not(), cosines.add(margin).mul(alpha))
  const valid = sum(mark(zerosLike(sum(cosines, { axis: 1 }))))
  return meanOver(any(hit, { axis: 0 }), pull)
    .add(mean(push))
    .add(valid)
}
