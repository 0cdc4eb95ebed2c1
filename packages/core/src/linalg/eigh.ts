import { dims } from '../dims.ts'
import { checkDType } from '../ops/define.ts'
import { diag } from '../ops/diagonal.ts'
import { matmul } from '../ops/matmul.ts'
import { sum } from '../ops/reduce.ts'
import { where } from '../ops/select.ts'
import { line, type Tensor } from '../tensor.ts'
import { defineRoutine, symmetricPart } from './routine.ts'

/** What `eigh` yields. */
export interface Eigen {
  /** Eigenvalues in ascending order. */
  readonly values: Tensor
  /** Orthonormal eigenvectors, as columns in the order of the values. */
  readonly vectors: Tensor
}

/** Distance of neighbouring floats at 1. */
const epsilon = { f32: 2 ** -23, f64: 2 ** -52 } as const

/** The first row of n + 1 and the rest. */
function unpack(packed: Tensor): Eigen {
  const n = packed.shape.at(-1) as number
  const start = packed.shape.slice(0, -2).map(() => 0)
  return {
    values: packed.slice([...start, 0, 0], [...packed.shape.slice(0, -2), 1, n]).squeeze(-2),
    vectors: packed.slice([...start, 1, 0]),
  }
}

// dλ = diag(Vᵀ dA V), dV = V (F ∘ Vᵀ dA V) with F[i, j] = 1 / (λⱼ − λᵢ), and 0 where the two are equal.
const eighOp = defineRoutine('eigh', (g, y) => {
  const { values, vectors } = unpack(y)
  const of = unpack(g)
  const gaps = values.expandDims(-2).sub(values.expandDims(-1))
  const rounding = sum(values.abs(), { axis: -1, keepDims: true }).mul(8 * epsilon[y.dtype as 'f32' | 'f64'])
  const equal = gaps.abs().lessEqual(rounding.expandDims(-1))
  const turns = where(equal, 0, matmul(vectors.transpose(), of.vectors).div(where(equal, 1, gaps)))
  return [matmul(matmul(vectors, turns.add(diag(of.values))), vectors.transpose())]
})

/**
 * Eigenvalues and eigenvectors of a symmetric matrix:
 *
 *     a = V diag(λ) Vᵀ,   Vᵀ V = I,   λ₁ ≤ λ₂ ≤ …
 *
 * Only the symmetric part (a + aᵀ) / 2 counts. Of each eigenvector, the first component of at least half the largest
 * magnitude is positive, which fixes its sign. NaN where a is not finite.
 *
 * Shapes: a [...B, N, N] → values [...B, N], vectors [...B, N, N].
 * Gradient: symmetric, V (diag(gλ) + F ∘ (Vᵀ gV)) Vᵀ with F[i, j] = 1 / (λⱼ − λᵢ). Of equal eigenvalues (up to rounding, 8 ε Σ|λ|)
 * the vectors are not unique and have no derivative: such pairs contribute 0 instead of NaN. That is right for functions
 * that are symmetric in the values alone, such as Σ f(λ); of what depends on the vectors of such a pair it drops a part.
 * Source: Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation (2008).
 *
 * @example eigh(tensor([[2, 1], [1, 2]])).values // [1, 3]
 */
export function eigh(a: Tensor): Eigen {
  const { N } = dims('eigh', { a }, '...B N N') as { N: number }
  checkDType('eigh', 'a', a, 'precise')
  const shape = [...a.shape.slice(0, -2), N + 1, N]
  return unpack(line(eighOp, [symmetricPart(a)], shape, a.dtype))
}
