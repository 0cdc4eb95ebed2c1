import { logSigmoid, type Tensor } from '@wengert/core'
import { type SoftTopKOptions, topKLogits } from './topKLogits.ts'

/**
 * Logarithm of softTopK, without the loss of digits that log(softTopK(x)) suffers. Use it for likelihoods.
 *
 *     log yᵢ = −softplus(s − xᵢ / τ)   with the s for which Σ y = k
 *
 * For k, τ and elements of −∞ see softTopK; where y is 0 it is −∞.
 *
 * Shapes: x [...S, N], k a number or [...S] → [...S, N].
 * Gradient: (u − v Σ u / Σ v) / τ with u = g (1 − y) and v = y (1 − y).
 * Source: Gupta et al., arXiv 2310.10636 (2023), the authors' code, after an idea by T. Ahle.
 *
 * @example logSoftTopK(tensor([2, 1, 0, -1]), 2).dataSync() // -0.20141, -0.47408, -0.97408, -1.70141
 */
export function logSoftTopK(x: Tensor, k: number | Tensor, options: SoftTopKOptions = {}): Tensor {
  return logSigmoid(topKLogits('logSoftTopK', x, k, options))
}
