import { checkOptions } from '../check.ts'
import { dims } from '../dims.ts'
import { checkDType, operands } from '../ops/define.ts'
import { tril, triu } from '../ops/diagonal.ts'
import { matmul } from '../ops/matmul.ts'
import { line, type Tensor } from '../tensor.ts'
import { defineRoutine, jointBatch } from './routine.ts'

export interface TriangularSolveOptions {
  /** Which triangle of a is read. @default true */
  readonly lower?: boolean
  /** Solve aᵀ x = b instead. @default false */
  readonly transposed?: boolean
  /** Take the diagonal of a as 1 without reading it. @default false */
  readonly unitDiagonal?: boolean
}

const triangularSolveOp = defineRoutine('triangularSolve', (g, x, [a], needs) => {
  const options = optionsOf(x)
  const { lower, transposed, unitDiagonal } = options
  const ofB = triangularSolve(a as Tensor, g, { ...options, transposed: !transposed })
  if (!needs[0]) return [null, ofB]
  const ofA = (transposed ? matmul(x, ofB.transpose()) : matmul(ofB, x.transpose())).neg()
  const offset = unitDiagonal ? 1 : 0
  return [lower ? tril(ofA, { offset: -offset }) : triu(ofA, { offset }), ofB]
})

function optionsOf({ attrs }: Tensor): Required<TriangularSolveOptions> {
  return { lower: attrs[0] === 1, transposed: attrs[1] === 1, unitDiagonal: attrs[2] === 1 }
}

/**
 * The x with a x = b, or aᵀ x = b if transposed, where a is triangular: its other triangle is not read. Where a has a 0
 * on its diagonal, the whole x is NaN.
 *
 * Shapes: a [...B, N, N], b [...B, N, K] → [...B, N, K]; leading axes broadcast. A vector b [N] counts as one column, and so
 * does the result.
 * Gradient: of b, a⁻ᵀ g; of a, −(a⁻ᵀ g) xᵀ within the triangle.
 *
 * @example triangularSolve(tensor([[2, 0], [1, 4]]), tensor([2, 9])) // [1, 2]
 */
export function triangularSolve(a: Tensor, b: Tensor, options: TriangularSolveOptions = {}): Tensor {
  const {
    lower = true,
    transposed = false,
    unitDiagonal = false,
  } = checkOptions('triangularSolve', options, 'lower: true')
  const [matrix, right] = operands('triangularSolve', a, b)
  checkDType('triangularSolve', 'a', matrix, 'precise')
  if (right.shape.length === 1)
    return triangularSolve(matrix, right.expandDims(1), { lower, transposed, unitDiagonal }).squeeze(-1)
  dims('triangularSolve', { a: matrix, b: right }, '...A N N, ...B N K')
  const inputs = jointBatch('triangularSolve', matrix, right)
  const attrs = [Number(lower), Number(transposed), Number(unitDiagonal)]
  return line(triangularSolveOp, inputs, inputs[1].shape, matrix.dtype, attrs)
}
