import { checkDType, dims, matmul, solve, type Tensor } from '@wengert/core'
import { checkNetwork, type InfiniteNetworkOptions, infiniteNetworkKernel } from './infiniteNetworkKernel.ts'

/**
 * What a network of infinitely wide layers says of new inputs after it was trained to the end: kernel regression without a ridge. What kind
 * of classifier this is as depth grows depends on the dual alone: a nearest neighbour, a majority vote, or one whose error comes to
 * the least possible with more examples, see dualActivation of nn. It solves an equation as large as the training set.
 *
 *     scores = K(xTest, x) K(x, x)⁻¹ y
 *
 * The class is greater(scores, 0) for one column of signs −1 and 1; for a column for each class, 1 for its own and −1 for others, the argMax. Rows of
 * x that have the same direction make the equation singular. Directions should lie within a right angle of each other.
 *
 * Shapes: x [N, D], y [N, C], xTest [M, D] → [M, C].
 * Gradient: to all, by the solution of the equation.
 * Source: Radhakrishnan, Belkin, Uhler, arXiv 2204.14126 (2023), as in the authors' code. How the theorems read in the paper is UNVERIFIED.
 *
 * @example
 * const dual = (z) => z.pow(3).add(z).div(2)
 * const [x, y] = [tensor([[1, 0], [0, 1]]), tensor([[-1], [1]])]
 * infiniteNetworkClassifier(x, y, tensor([[0.6, 0.8]]), { dual, depth: 2 }).item() // 0.231
 */
export function infiniteNetworkClassifier(
  x: Tensor,
  y: Tensor,
  xTest: Tensor,
  options: InfiniteNetworkOptions,
): Tensor {
  const fn = 'infiniteNetworkClassifier'
  checkNetwork(fn, options)
  dims(fn, { x, y, xTest }, 'N D, N C, M D')
  for (const [name, each] of Object.entries({ x, y, xTest })) checkDType(fn, name, each, 'precise')
  return matmul(infiniteNetworkKernel(xTest, x, options), solve(infiniteNetworkKernel(x, x, options), y))
}
