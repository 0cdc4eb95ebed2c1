import { dims } from '../dims.ts'
import { checkDType } from '../ops/define.ts'
import { tril, triu } from '../ops/diagonal.ts'
import { matmul } from '../ops/matmul.ts'
import { line, type Tensor } from '../tensor.ts'
import { defineRoutine } from './routine.ts'
import { triangularSolve } from './triangularSolve.ts'

/** What `qr` yields. */
export interface QR {
  /** Orthonormal columns. */
  readonly q: Tensor
  /** Upper triangular, or upper trapezoidal where it is wider than tall, with no negative number on the diagonal. */
  readonly r: Tensor
}

// dQ = (I − Q Qᵀ) dA R⁻¹ + Q Ω, where the skew Ω = Qᵀ dQ has the strict lower triangle of Qᵀ dA R⁻¹.
const orthonormalOp = defineRoutine('qr', (g, q, [a]) => {
  const r = triu(matmul(q.transpose(), a as Tensor))
  const along = matmul(q.transpose(), g)
  const skew = tril(along.sub(along.transpose()), { offset: -1 })
  const ofProduct = g.add(matmul(q, skew.sub(along)))
  return [triangularSolve(r, ofProduct.transpose(), { lower: false }).transpose()]
})

/**
 * Reduced QR decomposition, by Householder reflections:
 *
 *     a = q r,   qᵀ q = I,   r upper triangular with no negative number on its diagonal
 *
 * which makes both unique where the first min(M, N) columns of a are independent. Where they are not, the factors still
 * hold, and the gradient is NaN.
 *
 * Shapes: a [...B, M, N] → q [...B, M, min(M, N)], r [...B, min(M, N), N].
 * Gradient: of both factors and at every order. Of a matrix wider than tall, q depends on the first M columns only.
 * Source: Walter and Lehmann, Algorithmic differentiation of linear algebra functions with application in optimum
 * experimental design (2010).
 *
 * @example qr(tensor([[3, 1], [4, 2]])).r // [5.0, 2.2, 0.0, 0.4]
 */
export function qr(a: Tensor): QR {
  const { M, N } = dims('qr', { a }, '...B M N') as { M: number; N: number }
  checkDType('qr', 'a', a, 'precise')
  const lead = a.shape.slice(0, -2)
  const square = a.slice(
    a.shape.map(() => 0),
    [...lead, M, Math.min(M, N)],
  )
  const q = line(orthonormalOp, [square], square.shape, a.dtype)
  return { q, r: triu(matmul(q.transpose(), a)) }
}
