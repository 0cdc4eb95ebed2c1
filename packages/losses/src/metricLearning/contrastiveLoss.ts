import { checkOption, relu, type Tensor, where } from '@wengert/core'
import { nonZeroMean } from './nonZeroMean.ts'
import { type DistanceOptions, distancesOf, type PairOptions, pairsOf } from './pairs.ts'

export interface ContrastiveOptions extends DistanceOptions, PairOptions {
  /** Distance up to which positives cost nothing, finite. @default 0, or 1 for similarities */
  readonly positiveMargin?: number
  /** Distance from which on negatives cost nothing, finite. @default 1, or 0 for similarities */
  readonly negativeMargin?: number
}

/**
 * Hinges that draw examples of one class together and push others a margin apart, each pair by itself. Use it as the simplest loss
 * of pairs and as a baseline; multiSimilarityLoss, which weighs pairs against each other, is mostly better.
 *
 *     L = mean of [d − positiveMargin]₊ over positives + mean of [negativeMargin − d]₊ over negatives
 *
 * Both means are over the terms greater than 0, and 0 where there are none. Of similarities s the hinges are [positiveMargin − s]₊ and
 * [s − negativeMargin]₊. They are not squared, as those of Hadsell et al. are.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → a scalar, since the means are over pairs of the batch.
 * Gradient: unit vectors along the pairs whose hinge is above 0; 0 between equal embeddings. Kinks where a hinge begins, jumps of size
 * 1 / count, since the pair begins to count there.
 * Source: Hadsell, Chopra, LeCun, Dimensionality Reduction by Learning an Invariant Mapping (2006), in the form of
 * pytorch-metric-learning 2.8.1.
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * contrastiveLoss(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels).item() // 1.2620
 */
export function contrastiveLoss(
  embeddings: Tensor,
  labels: Tensor,
  { positiveMargin, negativeMargin, ...options }: ContrastiveOptions = {},
): Tensor {
  const fn = 'contrastiveLoss'
  const { positive, negative } = pairsOf(fn, embeddings, labels, options)
  const { far, sign } = distancesOf(fn, embeddings, options)
  const { near = sign === 1 ? 0 : 1, apart = sign === 1 ? 1 : 0 } = { near: positiveMargin, apart: negativeMargin }
  checkOption(fn, 'positiveMargin', near, Number.isFinite(near), 'finite')
  checkOption(fn, 'negativeMargin', apart, Number.isFinite(apart), 'finite')
  const pull = where(positive, relu(far.sub(sign * near)), 0)
  const push = where(negative, relu(far.neg().add(sign * apart)), 0)
  return nonZeroMean(pull).add(nonZeroMean(push))
}
