import { checkCount, type Key, permutation, ValueError } from '@wengert/core'
import { rowsOf } from './rows.ts'

export interface BatchOptions {
  /** Rows in a batch. */
  readonly size: number
  /** Decides the order of rows; without it they come as they stand. Use another key for each epoch, e.g. `fold(key, epoch)`. */
  readonly key?: Key
  /** Leaves a last batch of fewer rows out, so that all shapes are equal. @default false */
  readonly dropLast?: boolean
}

/**
 * Goes through a dataset once, in batches of the same structure. Every row comes in exactly one batch.
 * The data is read when this is called; iterating again gives the same batches.
 *
 * Shapes: tensors [N, …] → ⌈N / size⌉ times [size, …], the last of them smaller where size does not divide N.
 *
 * @example for (const { x } of batches({ x: arange(100) }, { size: 32, key: key(0) })) sum(x)
 */
export function batches<T>(dataset: T, { size, key, dropLast = false }: BatchOptions): Iterable<T> {
  checkCount('batches', 'size', size, 1)
  const rows = rowsOf('batches', dataset)
  if (rows.count === 0) throw new ValueError('batches: dataset must have at least one row, got none.')
  if (dropLast && size > rows.count)
    throw new ValueError(
      `batches: size must be at most the number of rows, ${rows.count}, with dropLast, got ${size}. No batch would be left.`,
    )
  const order = key
    ? (permutation(key, rows.count).dataSync() as Int32Array)
    : Int32Array.from({ length: rows.count }, (_, i) => i)
  const end = dropLast ? rows.count - (rows.count % size) : rows.count
  return {
    *[Symbol.iterator]() {
      for (let start = 0; start < end; start += size) yield rows.take(order.subarray(start, start + size))
    },
  }
}
