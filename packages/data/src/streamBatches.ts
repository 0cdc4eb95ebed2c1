import { checkCount, fold, type Key, permutation, randomInt, ValueError } from '@wengert/core'
import { type RowStore, rowStore, rowsOf } from './rows.ts'

export interface StreamBatchOptions {
  /** Rows in a batch. */
  readonly size: number
  /**
   * Decides the order of rows; without it they come as they stand. Use another key for each epoch, e.g.
   * `fold(key, epoch)`.
   */
  readonly key?: Key
  /**
   * With a key: rows among which each next one is drawn. The more, the better the shuffle, and the more memory.
   * @default 16 · size
   */
  readonly buffer?: number
  /** Leaves a last batch of fewer rows out, so that all shapes are equal. @default false */
  readonly dropLast?: boolean
}

/**
 * Batches of a dataset that comes piece by piece: trees of the same structure whose tensors count rows along their
 * leading axes, as many as may be. Take it for what does not fit into memory, and `batches` for what does: that
 * shuffles evenly. Every row comes in exactly one batch.
 *
 * With a key rows go through a shuffle buffer: it is filled, then a row drawn from it goes out and the next one of the
 * stream takes its place. So no row comes more than `buffer` rows too early, and a stream sorted by class should be
 * mixed before, or given a buffer that large. In memory are one piece, one batch and the buffer. The same key and the
 * same rows give the same batches, however the rows are cut into pieces.
 *
 * Shapes: tensors [n, …], [m, …], … → [size, …] each, the last of them smaller where size does not divide the number of
 * rows.
 *
 * @example
 * const source = [{ x: arange(3) }, { x: arange(3, { start: 3 }) }]
 * const sums: number[] = []
 * for await (const { x } of streamBatches(source, { size: 2 })) sums.push(sum(x).item())
 * new Float32Array(sums) // 1, 5, 9
 */
export async function* streamBatches<T>(
  source: AsyncIterable<T> | Iterable<T>,
  options: StreamBatchOptions,
): AsyncGenerator<T, void, undefined> {
  const fn = 'streamBatches'
  const { size, key, buffer = 16 * size, dropLast = false } = options
  checkCount(fn, 'size', size, 1)
  checkCount(fn, 'buffer', buffer, 1)
  // Without a key the row that goes out is the one that has just come.
  const capacity = key ? buffer : 1
  let store: RowStore<T> | null = null
  let filled = 0
  let drawn = 0
  let slots: ArrayLike<number> = []

  /** A slot of the full buffer at random; draws are made for many rows at once. */
  const draw = (): number => {
    if (!key) return 0
    const i = drawn++ % size
    if (i === 0) slots = randomInt(fold(key, drawn), [size], { low: 0, high: capacity }).dataSync()
    return slots[i] as number
  }

  for await (const piece of source) {
    const rows = rowsOf(fn, piece)
    store ??= rowStore(fn, piece, { capacity, size })
    store.check(piece)
    for (let row = 0; row < rows.count; row++) {
      if (filled < capacity) store.put(rows, row, filled++)
      else {
        const slot = draw()
        store.send(slot)
        store.put(rows, row, slot)
        if (store.waiting === size) yield store.batch()
      }
    }
  }
  if (!store || filled === 0) throw new ValueError(`${fn}: source must bring at least one row, got none.`)
  const order = key && permutation(fold(key, 0), filled).dataSync()
  for (let i = 0; i < filled; i++) {
    store.send(order ? (order[i] as number) : i)
    if (store.waiting === size) yield store.batch()
  }
  if (dropLast && store.sent < size)
    throw new ValueError(
      `${fn}: size must be at most the number of rows, ${store.sent}, with dropLast, got ${size}. No batch would be left.`,
    )
  if (store.waiting > 0 && !dropLast) yield store.batch()
}
