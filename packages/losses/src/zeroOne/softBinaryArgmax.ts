import type { Tensor } from '@wengert/core'
import { hypersimplexProjection } from './hypersimplexProjection.ts'

export interface SoftBinaryArgmaxOptions {
  /** How far elements must lie apart to become 0 and 1, > 0: a number, or a tensor with one for each row. @default 1 */
  readonly temperature?: number | Tensor
  /** @default -1 */
  readonly axis?: number
}

/**
 * A soft "1 for the k greatest, 0 for the others": the point nearest to x / τ among all with elements from 0 to 1 that sum to k,
 * the (n, k)-hypersimplex. Use it where a prediction must hold a known number of positives.
 *
 *     y = argmin ‖y − x / τ‖²   over 0 ≤ y ≤ 1, Σ y = k
 *     yᵢ = clip(xᵢ / τ − λ, 0, 1)   with the λ for which Σ y = k
 *
 * All y are exactly 0 or 1 where the k-th greatest x leads the next by τ; for τ → ∞ they tend to k / n. For k = 1 this is
 * sparsemax of x / τ. k and τ are numbers or have one for each row. k goes from 0 to n and need not be whole; a k or τ outside its
 * range throws where it is known on the host, and makes its row NaN where it is computed. Elements of −∞ are left out: they get
 * 0. A row that holds ∞ or NaN, or nothing but −∞, becomes NaN.
 *
 * Shapes: x [...S], k and temperature numbers or S without the axis → [...S].
 * Gradient: with A = {i: 0 < yᵢ < 1}, (gᵢ − mean of g over A) / τ in A and 0 elsewhere, by the implicit function theorem, and so
 * for any order. It dies where y is 0 or 1: for a single element that leads or trails by enough, and for the whole row where the
 * k-th greatest leads by τ, rightly or not, and where k is 0 or n. To k and temperature given as tensors it flows as well.
 * Cost: the threshold λ is found without reading anything, by a fixed number of sums over short rows and in sorted order in long
 * ones; the gradient takes four passes over the elements. docs/hypersimplex.md has figures.
 * Source: Gomez, Wang, Tang, arXiv 2602.23336 (2026), eq. 9, prop. 2 and sec. 4.5. The authors' code sorts and pools, for whole k
 * only. Between elements that are all 0 or all 1 and tie, it returns a gradient; by the paper, and here, there is none.
 *
 * @example softBinaryArgmax(tensor([0.1, 1.6, 1]), 1, { temperature: 10 }).dataSync() // 0.2533, 0.4033, 0.3433
 */
export function softBinaryArgmax(
  x: Tensor,
  k: number | Tensor,
  { temperature = 1, axis = -1 }: SoftBinaryArgmaxOptions = {},
): Tensor {
  return hypersimplexProjection('softBinaryArgmax', x, k, { temperature, axis })
}
