import { sigmoid, type Tensor } from '@wengert/core'
import { type SoftTopKOptions, topKLogits } from './topKLogits.ts'

/**
 * A soft "1 for the k greatest, 0 for the others": sigmoids above one threshold, which is such that they sum to k. Use
 * it where the k best of a list matter and all elements are to have a gradient; softBinaryArgmax is its sparse
 * counterpart. For k = 1 it is not softmax.
 *
 *     yᵢ = σ(xᵢ / τ − s)   with the s for which Σ y = k
 *
 * For τ → 0 it tends to 1 for the k greatest, for τ → ∞ to k / n. k is a number or has one for each row; it goes from 0
 * to n, where all y are 0 or 1 with gradient 0, and need not be whole. Outside its range it throws where it is known on
 * the host, and makes its row NaN where it is computed. Elements of −∞ are left out; where no more than k remain, these
 * are 1.
 *
 * Shapes: x [...S, N], k a number or [...S] → [...S, N].
 * Gradient: (v ∘ g − v ⟨v, g⟩ / Σ v) / τ with v = y (1 − y), by the implicit function theorem, and so for any order:
 * the Jacobian is symmetric and positive semidefinite, and its rows sum to 0. It flows to a k given as a tensor as
 * well.
 * Source: Gupta et al., arXiv 2310.10636 (2023), the authors' code, after an idea by T. Ahle; α there is 1 / τ. Where
 * elements next to the threshold leave a gap in which the sum is k to all digits, theirs takes any of its points, and
 * this the one that solves the equation.
 *
 * @example softTopK(tensor([2, 1, 0, -1]), 2).dataSync() // 0.8176, 0.6225, 0.3775, 0.1824
 */
export function softTopK(x: Tensor, k: number | Tensor, options: SoftTopKOptions = {}): Tensor {
  return sigmoid(topKLogits('softTopK', x, k, options))
}
