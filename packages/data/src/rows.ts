import {
  leaves,
  mapTree,
  type Shape,
  ShapeError,
  showShape,
  type Tensor,
  TreeError,
  type TypedArray,
  tensor,
} from '@wengert/core'

/**
 * The host values of a dataset, read once, from which sets of rows can be taken.
 * A dataset is a tree of tensors whose leading axes all count the same rows.
 */
export interface Rows<T> {
  readonly count: number
  /** A tree of the rows in this order. */
  take(order: Int32Array): T
}

interface Column {
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
    take: (order) => mapTree((x) => gather(x, columns.get(x) as Column, order), dataset, fn),
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
