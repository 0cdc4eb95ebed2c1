import {
  leaves,
  mapTree,
  type Shape,
  ShapeError,
  sameShape,
  showPath,
  showShape,
  sizeOf,
  type Tensor,
  TreeError,
  type TypedArray,
  tensor,
  zeros,
  zipTrees,
} from '@wengert/core'

/**
 * The host values of a dataset, read once, from which sets of rows can be taken.
 * A dataset is a tree of tensors whose leading axes all count the same rows.
 */
export interface Rows<T> {
  readonly count: number
  /** One for each tensor, from left to right. */
  readonly columns: readonly Column[]
  /** A tree of the rows in this order. */
  take(order: Int32Array): T
}

export interface Column {
  readonly data: TypedArray
  readonly shape: Shape
  /** Elements of one row. */
  readonly width: number
}

export function rowsOf<T>(fn: string, dataset: T): Rows<T> {
  const found = leaves(dataset, fn)
  const count = found[0]?.shape[0]
  if (found.length === 0) throw new TreeError(`${fn}: dataset must contain a tensor, got none.`)
  if (count === undefined || found.some(({ shape }) => shape[0] !== count))
    throw new ShapeError(
      `${fn}: dataset must consist of tensors with one row per example, got leading axes of unequal size or none: ` +
        `${shapesOf(dataset)}.`,
    )
  const columns = new Map(
    found.map((x): [Tensor, Column] => {
      const data = x.dataSync()
      return [x, { data, shape: x.shape, width: count === 0 ? 0 : data.length / count }]
    }),
  )
  return {
    count,
    columns: found.map((x) => columns.get(x) as Column),
    take: (order) => mapTree((x) => gather(x, columns.get(x) as Column, order), dataset, fn),
  }
}

/** Rows of datasets of one structure, held in slots until they are sent into a batch. */
export interface RowStore<T> {
  /** Refuses a dataset of another structure, dtype or shape of a row. */
  check(dataset: T): void
  /** Copies a row of a dataset into a slot. */
  put(rows: Rows<T>, row: number, slot: number): void
  /** Copies a slot behind the rows that wait for the next batch. */
  send(slot: number): void
  readonly waiting: number
  /** Rows sent in all. */
  readonly sent: number
  /** The rows that wait, which then wait no more. */
  batch(): T
}

/** Room for `capacity` slots and a batch of `size` rows, for datasets like the one given. */
export function rowStore<T>(fn: string, like: T, { capacity, size }: { capacity: number; size: number }): RowStore<T> {
  // Without rows, so that nothing keeps them in memory.
  const pattern = mapTree(({ dtype, shape }) => zeros([0, ...shape.slice(1)], { dtype }), like, fn)
  const arrays = leaves(like, fn).map((x) => {
    const width = sizeOf(x.shape.slice(1))
    const { constructor } = x.dataSync()
    const room = (rows: number): TypedArray => new (constructor as new (length: number) => TypedArray)(rows * width)
    return { width, slots: room(capacity), waiting: room(size) }
  })
  let [waiting, sent] = [0, 0]
  return {
    check: (dataset) =>
      void zipTrees(
        (a, b, path) => {
          if (a.dtype !== b.dtype || !sameShape(a.shape.slice(1), b.shape.slice(1)))
            throw new ShapeError(
              `${fn}: pieces must have rows like the first, ${a.dtype} ${showShape(a.shape.slice(1))}, ` +
                `got ${b.dtype} ${showShape(b.shape.slice(1))} at ${showPath(path)}.`,
            )
          return a
        },
        pattern,
        dataset,
        fn,
      ),
    put: ({ columns }, row, slot) =>
      arrays.forEach(({ width, slots }, i) => {
        const { data } = columns[i] as Column
        slots.set(data.subarray(row * width, (row + 1) * width), slot * width)
      }),
    send(slot) {
      for (const { width, slots, waiting: to } of arrays)
        to.set(slots.subarray(slot * width, (slot + 1) * width), waiting * width)
      waiting++
      sent++
    },
    get sent() {
      return sent
    },
    get waiting() {
      return waiting
    },
    batch() {
      const rows = waiting
      waiting = 0
      let leaf = 0
      return mapTree(
        ({ dtype, shape }) => {
          const { width, waiting: from } = arrays[leaf++] as (typeof arrays)[number]
          return tensor(from.subarray(0, rows * width), { dtype, shape: [rows, ...shape.slice(1)] })
        },
        pattern,
        fn,
      )
    },
  }
}

function gather({ dtype }: Tensor, { data, shape, width }: Column, order: Int32Array): Tensor {
  const taken = data.slice(0, order.length * width)
  order.forEach((row, i) => void taken.set(data.subarray(row * width, (row + 1) * width), i * width))
  return tensor(taken, { dtype, shape: [order.length, ...shape.slice(1)] })
}

function shapesOf(dataset: unknown): string {
  const shapes: string[] = []
  mapTree((x, path) => {
    shapes.push(`${path.join('.') || 'dataset'} ${showShape(x.shape)}`)
    return x
  }, dataset)
  return shapes.join(', ')
}
