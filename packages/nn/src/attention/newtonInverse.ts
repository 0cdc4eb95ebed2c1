import { checkCount, checkDType, customVjp, dims, eye, matmul, max, reciprocal, sum, type Tensor } from '@wengert/core'

export interface NewtonInverseOptions {
  /** How often the inverse is improved. @default 20 */
  readonly iterations?: number
}

/**
 * Inverse of a kernel matrix by Newton's iteration, with a ridge, and with the derivative of the inverse instead of that of the
 * iteration. Use it for many small positive definite matrices inside a model, as `softAttention` does: it is made of matrix
 * products alone, and nothing of the way there is remembered. For an inverse to the last digit take `inverse` or `solve`.
 *
 *     P = a + 0.01 I,   V₀ = 1.8 / ‖a‖∞² · P,   V ← 2 V − V P V
 *
 * a must be symmetric, positive semidefinite and not much smaller than the ridge, as kernels with diagonal 1 are. Each step
 * squares the error I − V P; along an eigenvector of small eigenvalue it starts near 1, so 20 steps may not be enough for an
 * ill-conditioned matrix.
 * Shapes: a [...B, N, N] → [...B, N, N].
 * Gradient: −Vᵀ g Vᵀ with the result V, that of the inverse P⁻¹. It is as exact as V is: where the iteration is stopped early, it
 * is not the derivative of what was computed.
 * Source: Lu et al., SOFT: softmax-free transformer with linear complexity, arXiv 2110.11945 (2021); the ridge and the factor 1.8 as
 * in the authors' code. That the paper starts at 2 / ‖a‖₁² is UNVERIFIED.
 *
 * @example newtonInverse(tensor([[1, 0], [0, 0.5]])) // [0.990, 0.000, 0.000, 1.961]
 */
export function newtonInverse(a: Tensor, { iterations = 20 }: NewtonInverseOptions = {}): Tensor {
  const fn = 'newtonInverse'
  checkCount(fn, 'iterations', iterations, 1)
  checkDType(fn, 'a', a, 'precise')
  dims(fn, { a }, '...B N N')
  const solve = (a: Tensor): Tensor => {
    const p = a.add(eye(a.shape.at(-1) as number, { dtype: a.dtype }).mul(0.01))
    return newtonSteps(p, p.mul(reciprocal(largestRow(a).square()).mul(1.8)), iterations)
  }
  return customVjp(solve, (g, v) => [matmul(v.transpose(), matmul(g, v.transpose())).neg()])(a)
}

/** V ← 2 V − V P V, a number of times. */
export function newtonSteps(p: Tensor, start: Tensor, iterations: number): Tensor {
  let v = start
  for (let i = 0; i < iterations; i++) v = v.mul(2).sub(matmul(v, matmul(p, v)))
  return v
}

/** Greatest sum of absolute values in a row, ‖a‖∞: [...B, N, N] → [...B, 1, 1]. */
export function largestRow(a: Tensor): Tensor {
  return max(sum(a.abs(), { axis: -1, keepDims: true }), { axis: -2, keepDims: true })
}
