import { customVjp } from '../customVjp.ts'
import { dims } from '../dims.ts'
import { arange, eye } from '../ops/create.ts'
import { checkDType, operands } from '../ops/define.ts'
import { diagonal } from '../ops/diagonal.ts'
import { matmul } from '../ops/matmul.ts'
import { sum } from '../ops/reduce.ts'
import { line, type Tensor } from '../tensor.ts'
import { defineRoutine, jointBatch } from './routine.ts'
import { triangularSolve } from './triangularSolve.ts'

/** P a = L U, with P as a matrix and both factors in one. */
interface Factors {
  readonly p: Tensor
  readonly lu: Tensor
}

// No derivative of its own: solve and logDet know theirs in terms of a, and factor once for all orders.
const luOp = defineRoutine('lu', null)

function factor(a: Tensor): Factors {
  const n = a.shape.at(-1) as number
  const packed = line(luOp, [a], [...a.shape.slice(0, -1), n + 1], a.dtype)
  const all = a.shape.map(() => 0)
  const rows = packed.slice([...all.slice(1), n])
  return { p: rows.equal(arange(n, { dtype: a.dtype })).cast(a.dtype), lu: packed.slice(all, a.shape) }
}

/** The x with a x = b, or aᵀ x = b; a is differentiated by, its factors are only used. */
function solveFactored(factors: Factors, a: Tensor, b: Tensor, transposed = false): Tensor {
  const { p, lu } = factors
  const substitute = (_: Tensor, right: Tensor): Tensor => {
    if (transposed) {
      const inner = triangularSolve(lu, right, { lower: false, transposed })
      return matmul(p.transpose(), triangularSolve(lu, inner, { unitDiagonal: true, transposed }))
    }
    const inner = triangularSolve(lu, matmul(p, right), { unitDiagonal: true })
    return triangularSolve(lu, inner, { lower: false })
  }
  return customVjp(substitute, (g, x, matrix) => {
    const ofB = solveFactored(factors, matrix, g, !transposed)
    return [(transposed ? matmul(x, ofB.transpose()) : matmul(ofB, x.transpose())).neg(), ofB]
  })(a, b)
}

/**
 * The x with a x = b, by LU factors with partial pivoting. Where a is singular to the last digit, the whole x is NaN.
 *
 * Shapes: a [...B, N, N], b [...B, N, K] → [...B, N, K]; leading axes broadcast. A vector b [N] counts as one column, and so
 * does the result.
 * Gradient: of b, a⁻ᵀ g; of a, −(a⁻ᵀ g) xᵀ; by the same factors at every order.
 *
 * @example solve(tensor([[0, 2], [4, 1]]), tensor([4, 6])) // [1, 2]
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  const [matrix, right] = operands('solve', a, b)
  checkDType('solve', 'a', matrix, 'precise')
  if (right.shape.length === 1) return solve(matrix, right.expandDims(1)).squeeze(-1)
  dims('solve', { a: matrix, b: right }, '...A N N, ...B N K')
  return solveFactored(factor(matrix), ...jointBatch('solve', matrix, right))
}

/**
 * The matrix a⁻¹ with a a⁻¹ = I. NaN where a is singular. To apply it, `solve` is cheaper and more accurate.
 *
 * Shapes: a [...B, N, N] → [...B, N, N].
 * Gradient: −a⁻ᵀ g a⁻ᵀ.
 *
 * @example inverse(tensor([[0, 2], [4, 1]])) // [-0.125, 0.25, 0.5, 0]
 */
export function inverse(a: Tensor): Tensor {
  const { N } = dims('inverse', { a }, '...B N N')
  checkDType('inverse', 'a', a, 'precise')
  return solveFactored(factor(a), a, eye(N as number, { dtype: a.dtype }).broadcastTo(a.shape))
}

/**
 * log |det a|, from the factors of `solve`, so that a determinant too large or too small for a float does no harm. −∞
 * where a is singular, with gradient NaN. For a covariance matrix, 2 Σ log of the diagonal of `cholesky` is cheaper.
 *
 * Shapes: a [...B, N, N] → [...B].
 * Gradient: g a⁻ᵀ.
 *
 * @example logDet(tensor([[0, 2], [4, 1]])) // [2.0794]
 */
export function logDet(a: Tensor): Tensor {
  const { N } = dims('logDet', { a }, '...B N N')
  checkDType('logDet', 'a', a, 'precise')
  const factors = factor(a)
  const value = (_: Tensor): Tensor => sum(diagonal(factors.lu).abs().log(), { axis: -1 })
  return customVjp(value, (g, _, x) => {
    const identity = eye(N as number, { dtype: a.dtype }).broadcastTo(a.shape)
    return [solveFactored(factors, x, identity, true).mul(g.expandDims(-1).expandDims(-1))]
  })(a)
}
