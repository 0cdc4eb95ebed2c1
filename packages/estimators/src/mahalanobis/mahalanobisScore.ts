import { argMax, checkDType, dims, matmul, sum, type Tensor, takeAlong } from '@wengert/core'
import type { MahalanobisModel } from './mahalanobisFit.ts'

export interface MahalanobisScoreOptions {
  /** Whether to halve the squared distance, as the authors' code does and the paper does not. @default true */
  readonly half?: boolean
}

/**
 * How near features are to the nearest class of a fitted model: minus the squared Mahalanobis distance, halved. Use it to tell
 * inputs unlike any that the classifier was trained on: the lower, the less alike. It is 0 at a class mean, and below 0 elsewhere.
 *
 *     Mₖ = −½ (f − meanₖ)ᵀ precision (f − meanₖ)
 *     score = maxₖ Mₖ
 *
 * Shapes: features [...B, D], means [K, D], precision [D, D] → [...B].
 * Gradient: −precision (f − meanₖ) to features for the nearest k, the lowest of several; also to means and precision.
 * Source: Lee, Lee, Lee, Shin, arXiv 1807.03888 (2018), eq. 2; halved in the authors' code.
 *
 * @example mahalanobisScore(tensor([[1, 0], [4, 4]]), { means: tensor([[0, 0], [4, 5]]), precision: eye(2) }).dataSync() // -0.5, -0.5
 */
export function mahalanobisScore(
  features: Tensor,
  model: MahalanobisModel,
  options: MahalanobisScoreOptions = {},
): Tensor {
  const each = classScores('mahalanobisScore', features, model, options)
  return takeAlong(each, argMax(each).expandDims(-1)).squeeze(-1)
}

/**
 * The same by class, Mₖ. Its argMax is the class that the model predicts, as a linear discriminant does with equal priors.
 *
 * Shapes: features [...B, D], means [K, D], precision [D, D] → [...B, K].
 * Gradient: −precision (f − meanₖ) to features; also to means and precision.
 * Source: Lee, Lee, Lee, Shin, arXiv 1807.03888 (2018), eq. 1 and 2.
 *
 * @example mahalanobisClassScores(tensor([1, 0]), { means: tensor([[0, 0], [4, 5]]), precision: eye(2) }).dataSync() // -0.5, -17
 */
export function mahalanobisClassScores(
  features: Tensor,
  model: MahalanobisModel,
  options: MahalanobisScoreOptions = {},
): Tensor {
  return classScores('mahalanobisClassScores', features, model, options)
}

function classScores(
  fn: string,
  features: Tensor,
  { means, precision }: MahalanobisModel,
  { half = true }: MahalanobisScoreOptions,
): Tensor {
  dims(fn, { features, means, precision }, '...B D, K D, D D')
  for (const [name, x] of Object.entries({ features, means, precision })) checkDType(fn, name, x, 'precise')
  // From differences, as the expanded square cancels where features are far from 0.
  const away = features.expandDims(-2).sub(means)
  return sum(matmul(away, precision).mul(away), { axis: -1 }).mul(half ? -0.5 : -1)
}
