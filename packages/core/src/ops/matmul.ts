import { ShapeError } from '../errors.ts'
import type { Operand } from '../kernel.ts'
import { broadcastLayout } from '../layout.ts'
import { defineOp } from '../op.ts'
import { broadcastShapes, type Shape, showShape } from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'
import { checkDType, operands } from './define.ts'

const matmulOp = defineOp(
  'matmul',
  {
    kind: 'kernel',
    inputs: 'strided',
    build: (y, [a, b]) => {
      const left = a as Operand
      const right = b as Operand
      const batch = y.shape.slice(0, -2)
      const m = y.shape[y.shape.length - 2] as number
      const n = y.shape[y.shape.length - 1] as number
      const k = left.shape[left.shape.length - 1] as number
      const widen = (x: Operand, rows: number, columns: number): Operand => ({
        ...broadcastLayout(x, [...batch, rows, columns]),
        dtype: x.dtype,
      })
      return { kind: 'matmul', dtype: y.dtype, batch, m, k, n, a: widen(left, m, k), b: widen(right, k, n) }
    },
  },
  (g, _, [a, b], needs) => [
    needs[0] ? matmul(g, (b as Tensor).transpose()) : null,
    needs[1] ? matmul((a as Tensor).transpose(), g) : null,
  ],
)

/**
 * Matrix product, batched over leading axes, which broadcast. A vector counts as a row on the left and as a column on
 * the right, and its axis is dropped from the result.
 *
 * Shapes: a [...B, M, K], b [...B, K, N] → [...B, M, N].
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const [x, y] = operands('matmul', a, b)
  checkDType('matmul', 'a', x, 'float')
  if (x.shape.length === 0 || y.shape.length === 0) throw misfit(x.shape, y.shape)
  if (x.shape.length === 1) return squeezeAxis(matmul(x.expandDims(0), y), y.shape.length === 1 ? -1 : -2)
  if (y.shape.length === 1) return squeezeAxis(matmul(x, y.expandDims(1)), -1)
  const batch = broadcastShapes(x.shape.slice(0, -2), y.shape.slice(0, -2))
  const k = x.shape[x.shape.length - 1]
  if (!batch || k !== y.shape[y.shape.length - 2]) throw misfit(x.shape, y.shape)
  const shape = [...batch, x.shape[x.shape.length - 2] as number, y.shape[y.shape.length - 1] as number]
  return line(matmulOp, [x, y], shape, x.dtype)
}

function squeezeAxis(x: Tensor, axis: number): Tensor {
  return x.squeeze(axis)
}

function misfit(a: Shape, b: Shape): ShapeError {
  return new ShapeError(
    `matmul: a and b must have shapes [...B, M, K] and [...B, K, N], got ${showShape(a)} and ${showShape(b)}. ` +
      'The last axis of a must equal the last but one of b; use transpose or reshape.',
  )
}
