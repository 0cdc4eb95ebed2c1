import { dims, maximum, mean, sigmoid, softplus, stopGradient, sum, type Tensor, where } from '@wengert/core'
import { checkFloats, checkNotNegative } from '../check.ts'
import { orderedPairs } from '../ranking/lists.ts'

export interface HardPatchRankingOptions {
  /** Rank the patches of an image; false predicts their standardised losses. @default true */
  readonly relative?: boolean
  /** Added to probabilities before their logarithm, at least 0, as the authors' code does with 1e-6; 0 costs no digits. @default 0 */
  readonly eps?: number
}

/**
 * Trains a predictor of how hard each masked patch is to reconstruct, by which patches are harder than which. Use it with
 * hardPatchMask, beside the reconstruction loss of a masked autoencoder and with weight 1. Not for a ranking of lists that are to count
 * alike: rankNetLoss takes the mean of each.
 *
 *     relative: L = mean of −log(σ(s_b − s_a) + eps) over the pairs of an image with t_b > t_a, in all images together
 *     else:     L = mean of (s − t′)², t′ = (t − mean t) / √(var t + 10⁻⁶) in each image, with the unbiased variance
 *
 * Of no such pair the loss is 0. The target is a constant.
 *
 * Shapes: predicted [...B, M], target [...B, M]: masked patches only → a scalar, since the mean is over the pairs of all images.
 * Gradient: Σ_b σ(s_a − s_b) over b harder than a, less Σ_b σ(s_b − s_a) over b easier than a, over the number of pairs, for eps 0.
 * Source: Wang et al., Hard Patches Mining for Masked Image Modeling, arXiv 2304.05919 (2023), form of the authors' code.
 *
 * @example hardPatchRankingLoss(tensor([[1, 3, 2]]), tensor([[0.2, 0.1, 0.5]])).item() // 1.251150
 */
export function hardPatchRankingLoss(
  predicted: Tensor,
  target: Tensor,
  { relative = true, eps = 0 }: HardPatchRankingOptions = {},
): Tensor {
  const fn = 'hardPatchRankingLoss'
  const { M = 0 } = dims(fn, { predicted, target }, '...B M, ...B M')
  checkFloats(fn, { predicted, target })
  checkNotNegative(fn, { eps })
  const t = stopGradient(target.cast(predicted.dtype))
  if (!relative) return mean(predicted.sub(standardized(t, M)).square())
  const { better, behind } = orderedPairs(predicted, t)
  const costs = eps === 0 ? softplus(behind) : sigmoid(behind.neg()).add(eps).log().neg()
  return sum(where(better, costs, 0)).div(maximum(sum(better), 1).cast(predicted.dtype))
}

/** (t − mean) / √(variance + 10⁻⁶) of each row of M; the variance of one alone is 0. */
function standardized(t: Tensor, M: number): Tensor {
  const centred = t.sub(mean(t, { axis: -1, keepDims: true }))
  const variance = sum(centred.square(), { axis: -1, keepDims: true }).div(Math.max(M - 1, 1))
  return centred.div(variance.add(1e-6).sqrt())
}
