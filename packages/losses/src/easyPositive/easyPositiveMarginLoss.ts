import { checkOption, dims, maximum, relu, sum, type Tensor, where } from '@wengert/core'
import { checkChoice, checkFloats } from '../check.ts'
import { easyPairs, type Negatives } from './easyPositives.ts'

export interface EasyPositiveMarginOptions {
  /** Half the gap between the distances of positives and negatives. @default 0.2 */
  readonly alpha?: number
  /** The middle of the gap: a number, or one for each example [B], as take(perClass, labels). @default 1.2 */
  readonly beta?: number | Tensor
  /** Divide by the number of hinges above 0, or by that of the examples with a positive. @default 'activePairs' */
  readonly normalizer?: 'activePairs' | 'mean'
}

const normalizers = { activePairs: 0, mean: 0 } as const

/**
 * Margin loss in which each example is drawn to the nearest one of its class only. Use it to learn embeddings where classes have
 * several modes, which other losses would collapse.
 *
 *     p = nearest of the class, n = given or drawn by distanceWeightedSampler
 *     L = Σ [‖f − f_p‖ − beta + alpha]₊ + [beta − ‖f − f_n‖ + alpha]₊, over a count of at least 1
 *
 * Embeddings are taken as they are; scale them to length 1 before. Examples without a positive are left out, and so is the second hinge of
 * those without a negative.
 *
 * Shapes: embeddings [B, D], labels i32 [B], negatives i32 [B] or a key → a scalar, since the count is that of the batch.
 * Gradient: unit vectors along the pairs whose hinge is above 0, over the count; 0 between equal embeddings; flows to a beta given
 * as a tensor. Kinks where a hinge begins and where another positive becomes the nearest.
 * Source: Levi, Xiao, Wang, Darrell, arXiv 2006.05162 (2020), with the margin loss of Wu et al., arXiv 1706.07567 (2017). The defaults
 * are the latter's, and UNVERIFIED for the former, as is the definition of the distance; there is no code of the authors.
 *
 * @example const labels = tensor([0, 0, 1, 1], { dtype: 'i32' })
 * easyPositiveMarginLoss(tensor([[0], [1.5], [2], [3]]), labels, tensor([2, 2, 1, 0], { dtype: 'i32' })).item() // 0.70
 */
export function easyPositiveMarginLoss(
  embeddings: Tensor,
  labels: Tensor,
  negatives: Negatives,
  { alpha = 0.2, beta = 1.2, normalizer = 'activePairs' }: EasyPositiveMarginOptions = {},
): Tensor {
  const fn = 'easyPositiveMarginLoss'
  const { toPositive, toNegative, hasPositive, hasNegative } = easyPairs(fn, embeddings, labels, negatives)
  checkOption(fn, 'alpha', alpha, Number.isFinite(alpha), 'finite')
  if (typeof beta === 'number') checkOption(fn, 'beta', beta, Number.isFinite(beta), 'finite')
  else {
    dims(fn, { labels, beta }, 'B, B')
    checkFloats(fn, { beta })
  }
  checkChoice(fn, 'normalizer', normalizer, normalizers)
  const near = where(hasPositive, relu(toPositive.sub(beta).add(alpha)), 0)
  const far = where(hasPositive.and(hasNegative), relu(toNegative.neg().add(beta).add(alpha)), 0)
  const active = near.greater(0).cast('i32').add(far.greater(0).cast('i32'))
  const count = normalizer === 'mean' ? hasPositive.cast('i32') : active
  return sum(near.add(far)).div(maximum(sum(count), 1).cast(near.dtype))
}
