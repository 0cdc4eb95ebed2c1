import { type Key, permutation, ValueError } from '@wengert/core'
import { rowsOf } from './rows.ts'

export interface SplitOptions {
  /** Decides which rows go where. */
  readonly key: Key
  /** Share of the rows to hold back for testing, between 0 and 1. @default 0.2 */
  readonly test?: number
}

/** Two datasets of the same structure. */
export interface Split<T> {
  readonly train: T
  readonly test: T
}

/**
 * Deals the rows of a dataset out to two, at random. Every row goes to exactly one of them.
 *
 * Shapes: tensors [N, …] → train [N − round(test · N), …], test [round(test · N), …].
 *
 * @example const { train, test } = trainTestSplit({ x: arange(10) }, { key: key(0) })
 */
export function trainTestSplit<T>(dataset: T, { key, test = 0.2 }: SplitOptions): Split<T> {
  if (!(test > 0 && test < 1))
    throw new ValueError(`trainTestSplit: test must be a share between 0 and 1, got ${test}.`)
  const rows = rowsOf('trainTestSplit', dataset)
  const held = Math.round(rows.count * test)
  if (held === 0 || held === rows.count)
    throw new ValueError(
      `trainTestSplit: dataset must have rows enough for both parts, got ${rows.count} with ${held} for testing. ` +
        'Use more rows or another share.',
    )
  const order = permutation(key, rows.count).dataSync() as Int32Array
  return { train: rows.take(order.subarray(held)), test: rows.take(order.subarray(0, held)) }
}
