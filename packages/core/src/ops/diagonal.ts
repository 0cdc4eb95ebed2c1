import { checkOptions } from '../check.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { showShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { arange, full } from './create.ts'
import { checkDType } from './define.ts'
import { pad } from './pad.ts'
import { sum } from './reduce.ts'
import { where } from './select.ts'

// Over the last two axes; all others are batch axes. Element (i, i + offset) of an M×N matrix has position
// offset + i·(N + 1) in row-major order, so a diagonal is a slice with a step, and a view.

export interface DiagonalOptions {
  /** Which diagonal: 0 the main one, above it positive, below it negative. @default 0 */
  readonly offset?: number
}

/**
 * Elements (i, i + offset) of matrices.
 *
 * Shapes: x [...B, M, N] → [...B, K], where K is the length of that diagonal.
 *
 * @example diagonal(tensor([[1, 2], [3, 4]])) // [1, 4]
 */
export function diagonal(x: Tensor, options: DiagonalOptions = {}): Tensor {
  const { m, n, offset } = diagonalOf('diagonal', x, options)
  const first = offset >= 0 ? offset : -offset * n
  const count = Math.max(0, offset >= 0 ? Math.min(m, n - offset) : Math.min(m + offset, n))
  const batch = x.shape.slice(0, -2)
  const none = batch.map(() => 0)
  return x.reshape([...batch, m * n]).slice(
    [...none, first],
    // The end may stand behind the last row, where slice clamps it.
    [...batch, count === 0 ? first : first + (count - 1) * (n + 1) + 1],
    [...none.map(() => 1), n + 1],
  )
}

/**
 * Square matrices with x on a diagonal and zeros elsewhere.
 *
 * Shapes: x [...B, N] → [...B, N + |offset|, N + |offset|].
 *
 * @example diag(tensor([1, 2])) // [1, 0, 0, 2]
 */
export function diag(x: Tensor, options: DiagonalOptions = {}): Tensor {
  const offset = checkOffset('diag', x, options)
  if (x.shape.length === 0)
    throw new ShapeError('diag: x must have at least one axis, got shape []. For a matrix of one element use reshape.')
  const batch = x.shape.slice(0, -1)
  const size = (x.shape.at(-1) as number) + Math.abs(offset)
  const first = offset >= 0 ? offset : -offset * size
  const flat = pad(x, [...batch, size * size], [...batch.map(() => 0), first], [...batch.map(() => 1), size + 1])
  return flat.reshape([...batch, size, size])
}

/**
 * Sum of the diagonal Σ x[i, i + offset] of matrices.
 *
 * Shapes: x [...B, M, N] → [...B].
 *
 * @example trace(tensor([[1, 2], [3, 4]])) // 5
 */
export function trace(x: Tensor, options: DiagonalOptions = {}): Tensor {
  diagonalOf('trace', x, options)
  return sum(diagonal(x, options), { axis: -1 })
}

/**
 * Lower triangles of matrices: element (i, j) where j ≤ i + offset, 0 elsewhere.
 *
 * Shapes: x [...B, M, N] → [...B, M, N].
 *
 * @example tril(tensor([[1, 2], [3, 4]])) // [1, 0, 3, 4]
 */
export function tril(x: Tensor, options: DiagonalOptions = {}): Tensor {
  const { m, n, offset } = diagonalOf('tril', x, options)
  return where(onOrBelow(m, n, offset), x, full([], 0, { dtype: x.dtype }))
}

/**
 * Upper triangles of matrices: element (i, j) where j ≥ i + offset, 0 elsewhere.
 *
 * Shapes: x [...B, M, N] → [...B, M, N].
 *
 * @example triu(tensor([[1, 2], [3, 4]])) // [1, 2, 0, 4]
 */
export function triu(x: Tensor, options: DiagonalOptions = {}): Tensor {
  const { m, n, offset } = diagonalOf('triu', x, options)
  return where(onOrBelow(m, n, offset - 1), full([], 0, { dtype: x.dtype }), x)
}

/** bool [M, N]: true where j ≤ i + offset. */
function onOrBelow(m: number, n: number, offset: number): Tensor {
  const rows = arange(m, { start: offset, dtype: 'i32' })
  return arange(n, { dtype: 'i32' }).lessEqual(rows.expandDims(1))
}

/** Which diagonal of matrices of m rows and n columns is meant. */
function diagonalOf(fn: string, x: Tensor, options: DiagonalOptions): { m: number; n: number; offset: number } {
  const offset = checkOffset(fn, x, options)
  if (x.shape.length < 2) throw new ShapeError(`${fn}: x must have at least two axes, got shape ${showShape(x.shape)}.`)
  const [m, n] = x.shape.slice(-2) as [number, number]
  return { m, n, offset }
}

function checkOffset(fn: string, x: Tensor, options: DiagonalOptions): number {
  const { offset = 0 } = checkOptions(fn, options, 'offset: 1')
  checkDType(fn, 'x', x, 'any')
  if (!Number.isSafeInteger(offset)) throw new ValueError(`${fn}: offset must be an integer, got ${offset}.`)
  return offset
}
