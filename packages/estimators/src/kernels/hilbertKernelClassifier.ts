import { cdist, checkDType, checkOption, dims, matmul, min, type Tensor, where } from '@wengert/core'

export interface HilbertKernelOptions {
  /** Power of the distance, above 0. In as many dimensions as this the vote is consistent. */
  readonly exponent: number
}

/**
 * A vote of all training points, each with the weight that its distance gives it: the Hilbert estimate, which knows no width to choose, and is what
 * some infinitely deep networks become, see infiniteNetworkClassifier.
 *
 *     scores = Σᵢ yᵢ / ‖xᵢ − xTest‖^exponent
 *
 * A training point gets its own y, and the sum of them where several coincide. The class is greater(scores, 0) for one column of signs
 * −1 and 1; for a column for each class, 1 for its own and −1 for others, the argMax. On a sphere in D dimensions, D − 1 is the exponent to take.
 *
 * Shapes: x [N, D], y [N, C], xTest [M, D] → [M, C].
 * Gradient: to all, away from training points.
 * Source: Devroye, Györfi, Krzyżak, The Hilbert kernel regression estimate (1998), in the form of Radhakrishnan, Belkin, Uhler, arXiv 2204.14126 (2023).
 *
 * @example hilbertKernelClassifier(tensor([[0], [3]]), tensor([[-1], [1]]), tensor([[1], [3]]), { exponent: 1 }).dataSync() // -0.5, 1
 */
export function hilbertKernelClassifier(
  x: Tensor,
  y: Tensor,
  xTest: Tensor,
  { exponent }: HilbertKernelOptions,
): Tensor {
  const fn = 'hilbertKernelClassifier'
  dims(fn, { x, y, xTest }, 'N D, N C, M D')
  for (const [name, each] of Object.entries({ x, y, xTest })) checkDType(fn, name, each, 'precise')
  checkOption(fn, 'exponent', exponent, exponent > 0 && Number.isFinite(exponent), 'a finite number above 0')
  const distances = cdist(xTest, x)
  const nearest = min(distances, { axis: -1, keepDims: true })
  // Relative to the nearest, so that a power overflows last of all.
  const votes = where(distances.equal(nearest), 1, nearest.div(where(distances.equal(0), 1, distances)).pow(exponent))
  const scale = where(nearest.equal(0), 1, where(nearest.equal(0), 1, nearest).pow(-exponent))
  return matmul(votes, y).mul(scale)
}
