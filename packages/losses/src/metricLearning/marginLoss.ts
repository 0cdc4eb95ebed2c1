import { checkOption, dims, maximum, mean, relu, sum, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { unitRows } from '../margin/unitRows.ts'
import { euclideanDistance } from './distances.ts'
import { type PairOptions, pairsOf } from './pairs.ts'

export interface MarginLossOptions extends PairOptions {
  /** Half the gap between the distances of positives and negatives, finite. @default 0.2 */
  readonly margin?: number
  /** The middle of the gap: a number, a scalar to learn, or one for each anchor [B], as take(perClass, labels). @default 1.2 */
  readonly beta?: number | Tensor
  /** What the mean of beta costs, finite, so that a learned one does not grow. @default 0 */
  readonly nu?: number
}

/**
 * Hinges that keep positives within a distance and negatives beyond a greater one, where the boundary between may be learned. Use it
 * with distanceWeightedMiner and many classes; unlike tripletMarginLoss it yields distances with one threshold for all.
 *
 *     L = Σ [d_ap − beta + margin]₊ + [beta − d_an + margin]₊ over all triplets, over the count of terms greater than 0
 *       + nu · mean(beta)
 *
 * d are distances of embeddings scaled to length 1. Without a term greater than 0 the first part is 0. Each pair counts as often as
 * there are triplets with it.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → a scalar, since the count is that of the batch.
 * Gradient: unit vectors along the pairs whose hinge is above 0, weighted by their triplets; flows to a beta given as a tensor; 0 between
 * equal embeddings. Kinks where a hinge begins, and jumps, since the term begins to count there.
 * Source: Wu, Manmatha, Smola, Krähenbühl, Sampling Matters in Deep Embedding Learning, arXiv 1706.07567 (2017), with the count of
 * pytorch-metric-learning 2.8.1. That nu weighs the mean, where there are several beta, is UNVERIFIED.
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * marginLoss(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels).item() // 0.7675
 */
export function marginLoss(
  embeddings: Tensor,
  labels: Tensor,
  { margin = 0.2, beta = 1.2, nu = 0, ...options }: MarginLossOptions = {},
): Tensor {
  const fn = 'marginLoss'
  const { positive, negative } = pairsOf(fn, embeddings, labels, options)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  checkOption(fn, 'nu', nu, Number.isFinite(nu), 'finite')
  const x = unitRows(embeddings)
  const far = euclideanDistance(x, x)
  const within = (hinges: Tensor, mask: Tensor): Tensor => where(mask, relu(hinges.add(margin)), 0)
  const middle = middleOf(fn, labels, beta)
  const pull = within(far.sub(middle), positive)
  const push = within(far.neg().add(middle), negative)
  const perAnchor = (terms: Tensor): Tensor => sum(terms, { axis: 1 })
  const float = (mask: Tensor): Tensor => perAnchor(mask).cast(far.dtype)
  const [positives, negatives] = [float(positive), float(negative)]
  const total = sum(perAnchor(pull).mul(negatives).add(perAnchor(push).mul(positives)))
  const count = sum(
    float(pull.greater(0))
      .mul(negatives)
      .add(float(push.greater(0)).mul(positives)),
  )
  const loss = total.div(maximum(count, 1))
  return nu === 0 ? loss : loss.add(typeof beta === 'number' ? nu * beta : mean(beta).mul(nu))
}

/** beta by anchors, so that it broadcasts over pairs. */
function middleOf(fn: string, labels: Tensor, beta: number | Tensor): number | Tensor {
  if (typeof beta === 'number') {
    checkOption(fn, 'beta', beta, Number.isFinite(beta), 'finite')
    return beta
  }
  checkFloats(fn, { beta })
  if (beta.shape.length === 0) return beta
  dims(fn, { labels, beta }, 'B, B')
  return beta.expandDims(1)
}
