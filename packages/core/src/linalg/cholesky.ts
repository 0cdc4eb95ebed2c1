import { dims } from '../dims.ts'
import { checkDType } from '../ops/define.ts'
import { diag, diagonal, tril } from '../ops/diagonal.ts'
import { matmul } from '../ops/matmul.ts'
import { line, type Tensor } from '../tensor.ts'
import { defineRoutine, symmetricPart } from './routine.ts'
import { triangularSolve } from './triangularSolve.ts'

// dL = L Φ(L⁻¹ dA L⁻ᵀ), where Φ keeps the lower triangle and half of the diagonal. What asks for the derivative
// symmetrises it.
const choleskyOp = defineRoutine('cholesky', (g, l) => {
  const inner = tril(matmul(l.transpose(), g))
  const halved = inner.sub(diag(diagonal(inner)).mul(0.5))
  const left = triangularSolve(l, halved, { transposed: true })
  return [triangularSolve(l, left.transpose(), { transposed: true })]
})

/**
 * Cholesky factor of a symmetric positive definite matrix: the lower triangular L with positive diagonal and
 *
 *     L Lᵀ = a
 *
 * Only the symmetric part (a + aᵀ) / 2 counts. Where it is not positive definite, the whole factor and its gradient are
 * NaN, as the fault is known only when numbers are.
 *
 * Shapes: a [...B, N, N] → [...B, N, N].
 * Gradient: symmetric, ½ (S + Sᵀ) with S = L⁻ᵀ Φ(Lᵀ g) L⁻¹; Φ keeps the lower triangle and half of the diagonal.
 * Source: Murray, Differentiation of the Cholesky decomposition (2016), section 3.
 *
 * @example cholesky(tensor([[4, 2], [2, 5]])) // [2, 0, 1, 2]
 */
export function cholesky(a: Tensor): Tensor {
  dims('cholesky', { a }, '...B N N')
  checkDType('cholesky', 'a', a, 'precise')
  return line(choleskyOp, [symmetricPart(a)], a.shape, a.dtype)
}
