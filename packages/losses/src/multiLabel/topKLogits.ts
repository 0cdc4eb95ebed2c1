import { dims, sum, type Tensor, where } from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'
import { perRow } from '../zeroOne/perRow.ts'
import { sigmoidThreshold } from './sigmoidThreshold.ts'

export interface SoftTopKOptions {
  /** How far elements must lie apart to be told apart, greater than 0. @default 1 */
  readonly temperature?: number
}

/**
 * x / temperature − s with the s for which the sigmoids of a row sum to k. Where none is great or small enough, these
 * are all 1 or all 0, of logits ±∞ with gradient 0; elements of −∞ remain so.
 */
export function topKLogits(
  fn: string,
  x: Tensor,
  k: number | Tensor,
  { temperature = 1 }: SoftTopKOptions = {},
): Tensor {
  const N = dims(fn, { x }, '...S N').N as number
  checkFloats(fn, { x })
  checkPositive(fn, 'temperature', temperature)
  const { column, mark } = perRow(fn, 'k', k, x, x.shape.length - 1, {
    expectation: `from 0 to ${N}`,
    holds: (k) => k >= 0 && k <= N,
    inRange: (k) => k.greaterEqual(0).and(k.lessEqual(N)),
  })
  if (N === 0) return x
  const there = x.notEqual(Number.NEGATIVE_INFINITY)
  const some = column.greater(0)
  const open = some.and(column.less(sum(there, { axis: -1, keepDims: true }).cast(x.dtype)))
  const scaled = where(open, x.div(temperature), 0)
  const above = scaled.sub(sigmoidThreshold(scaled, where(open, column, N / 2)))
  const extreme = where(there.and(some), Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
  return mark(where(open, above, extreme.cast(x.dtype)))
}
