import {
  checkCount,
  checkDType,
  dims,
  eye,
  matmul,
  maximum,
  reciprocal,
  rsqrt,
  stopGradient,
  sum,
  type Tensor,
  where,
} from '@wengert/core'
import { largestRow, type NewtonInverseOptions, newtonInverse, newtonSteps } from './newtonInverse.ts'

export interface SoftAttentionOptions extends NewtonInverseOptions {
  /** Whether the inverse is scaled by how near landmarks are to one another, and made without a ridge: SOFT-Norm. @default false */
  readonly normalize?: boolean
}

/**
 * Attention without softmax, at a cost that grows with the number of tokens and not with its square: a Gaussian kernel of the
 * queries, which are the keys as well, approximated through a few landmarks. Use it for long inputs without order, such as the
 * patches of an image; there is no causal form of it.
 *
 *     Q = q / D^¼,   κ(a, b) = exp(−½ ‖a − b‖²),   y = κ(Q, L) κ(L, L)⁻¹ κ(L, Q) v
 *
 * with the inverse by `newtonInverse`, and products from right to left. With normalize the inverse is D Ṽ D, where D is one over
 * the roots of the row sums of κ(L, L), and Ṽ is its inverse by as many steps, without a ridge, from 2 / ‖κ(L, L)‖∞² · κ(L, L), a
 * start that is halved up to ten times until it is near enough. The landmarks L are used as they are: in the paper's
 * models a convolution of q / D^¼ whose stride is its kernel, layerNorm and gelu make them.
 *
 * Shapes: q [...B, N, D], landmarks [...B, M, D], v [...B, N, E] → [...B, N, E]. Heads are one of the axes B.
 * Gradient: that of `newtonInverse` for the inverse; with normalize that of the steps themselves.
 * Source: Lu et al., SOFT: softmax-free transformer with linear complexity, arXiv 2110.11945 (2021), and Softmax-free linear
 * transformers, arXiv 2207.03341 (2024), for normalize, as in the authors' code but that each matrix starts by itself and not by the
 * largest of its batch.
 *
 * @example
 * const [q, v] = [normal(key(0), [2, 64, 8]), normal(key(1), [2, 64, 8])]
 * const y = softAttention(q, q.slice([0, 0, 0], [2, 64, 8], [1, 8, 1]).div(8 ** 0.25), v)
 */
export function softAttention(
  q: Tensor,
  landmarks: Tensor,
  v: Tensor,
  { iterations = 20, normalize = false }: SoftAttentionOptions = {},
): Tensor {
  const fn = 'softAttention'
  checkCount(fn, 'iterations', iterations, 1)
  for (const [name, x] of Object.entries({ q, landmarks, v })) checkDType(fn, name, x, 'precise')
  dims(fn, { q, landmarks, v }, '...B N D, ...B M D, ...B N E')
  const queries = q.div((q.shape.at(-1) as number) ** 0.25)
  const near = gaussian(queries, landmarks)
  const among = gaussian(landmarks, landmarks)
  const inverse = normalize ? normalizedInverse(among, iterations) : newtonInverse(among, { iterations })
  return matmul(near, matmul(inverse, matmul(near.transpose(), v)))
}

/** exp(−½ ‖a − b‖²) for all rows: [...B, M, D], [...B, N, D] → [...B, M, N]. */
function gaussian(a: Tensor, b: Tensor): Tensor {
  const lengths = (x: Tensor): Tensor => sum(x.square(), { axis: -1, keepDims: true })
  const squares = lengths(a).add(lengths(b).transpose()).sub(matmul(a, b.transpose()).mul(2))
  // Between equal rows rounding may leave less than 0.
  return maximum(squares, 0).mul(-0.5).exp()
}

function normalizedInverse(kernel: Tensor, iterations: number): Tensor {
  const identity = eye(kernel.shape.at(-1) as number, { dtype: kernel.dtype })
  const first = reciprocal(largestRow(kernel).square()).mul(2)
  // How far I − α κ² is from 0, of which only the number of halvings depends.
  const square = stopGradient(matmul(kernel, kernel))
  let halvings = stopGradient(first).mul(0).add(1)
  for (let i = 0; i < 10; i++) {
    const far = largestRow(identity.sub(square.mul(stopGradient(first).mul(halvings)))).greater(1.01)
    halvings = where(far, halvings.mul(0.5), halvings)
  }
  const degrees = rsqrt(sum(kernel, { axis: -1, keepDims: true }))
  const inverse = newtonSteps(kernel, kernel.mul(first.mul(halvings)), iterations)
  return degrees.mul(inverse).mul(degrees.transpose())
}
