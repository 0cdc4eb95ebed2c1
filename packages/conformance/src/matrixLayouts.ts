import * as w from '@wengert/core'

/** One axis of a layout. */
type Axis = readonly [size: number, stride: number]

/** Where the elements of a batch of matrices lie. */
interface Matrices {
  /** A stride for each axis of the batch. */
  readonly batch: readonly number[]
  readonly rows: readonly Axis[]
  readonly columns: readonly Axis[]
  readonly offset?: number
}

/** The operands of a product. */
export interface Factors {
  readonly batch: w.Shape
  readonly a: Matrices
  readonly b: Matrices
}

/** Matrices one after the other, in order, the same for each axis of the batch of stride 0. */
function inOrder(rows: number, columns: number, ...batch: readonly number[]): Matrices {
  return { batch, rows: [[rows, columns]], columns: [[columns, 1]] }
}

interface WindowOptions {
  readonly stride?: number
  readonly dilation?: number
}

/** Axes within windows of an image [C, H, W], and from window to window. */
function windows(
  [C, H, W]: readonly [number, number, number],
  [I, J]: readonly [number, number],
  { stride = 1, dilation = 1 }: WindowOptions = {},
): Readonly<Record<'within' | 'places', readonly Axis[]>> {
  const count = (size: number, window: number): number => Math.floor((size - dilation * (window - 1) - 1) / stride) + 1
  return {
    within: [
      [C, H * W],
      [I, dilation * W],
      [J, dilation],
    ],
    places: [
      [count(H, I), stride * W],
      [count(W, J), stride],
    ],
  }
}

/** Axes of heads [B, H, T, D] whose rows are those of all examples and whose columns are those of all heads. */
function merged(B: number, H: number, T: number, D: number): Readonly<Record<'rows' | 'columns', readonly Axis[]>> {
  return {
    rows: [
      [B, H * T * D],
      [T, D],
    ],
    columns: [
      [H, T * D],
      [D, 1],
    ],
  }
}

/** The same matrices with rows for columns. */
function turned({ rows, columns }: Pick<Matrices, 'rows' | 'columns'>): Pick<Matrices, 'rows' | 'columns'> {
  return { rows: columns, columns: rows }
}

const image = windows([3, 6, 7], [3, 3])
const grouped = windows([2, 9, 11], [2, 3], { stride: 2, dilation: 2 })
const wide = windows([4, 9, 12], [3, 3])
const [heads, ragged] = [merged(3, 2, 5, 4), merged(2, 3, 3, 5)]

/** Products by name, whose operands lie in order, as windows of images, as heads side by side, and otherwise. */
export const factors: Readonly<Record<string, Factors>> = {
  'matrices in order': { batch: [2], a: inOrder(5, 7, 35), b: inOrder(7, 6, 42) },
  'matrices in vectors': { batch: [], a: inOrder(9, 8), b: inOrder(8, 12) },
  'windows of images': {
    batch: [2],
    a: inOrder(5, 27, 0),
    b: { batch: [126], rows: image.within, columns: image.places },
  },
  'windows with a stride and a dilation, in groups': {
    batch: [2, 2],
    a: inOrder(3, 12, 0, 36),
    b: { batch: [396, 198], rows: grouped.within, columns: grouped.places },
  },
  'windows turned around': {
    batch: [2],
    a: inOrder(5, 20, 100),
    b: { batch: [126], rows: image.places, columns: image.within },
  },
  'windows on the left': {
    batch: [],
    a: { batch: [], rows: [[2, 126], ...image.places], columns: image.within },
    b: inOrder(27, 4),
  },
  'windows of sequences, back to front': {
    batch: [2],
    a: inOrder(4, 6, 24),
    b: {
      batch: [22],
      rows: [
        [2, -11],
        [3, -2],
      ],
      columns: [[7, -1]],
      offset: 22 - 1,
    },
  },
  'many windows': {
    batch: [],
    a: inOrder(66, 36),
    b: { batch: [], rows: wide.within, columns: wide.places, offset: 5 },
  },
  'windows of one element': {
    batch: [1],
    a: inOrder(1, 1, 1),
    b: {
      batch: [1],
      rows: [
        [1, 1],
        [1, 1],
      ],
      columns: [
        [1, 1],
        [1, 1],
      ],
      offset: 3,
    },
  },
  'heads side by side': { batch: [], a: { batch: [], ...heads }, b: inOrder(8, 12) },
  'heads of both sides, turned around': {
    batch: [],
    a: { batch: [], ...turned(heads) },
    b: { batch: [], ...heads, offset: 4 },
  },
  'heads as columns': { batch: [], a: inOrder(5, 8), b: { batch: [], ...turned(heads) } },
  'heads of odd sizes': { batch: [], a: { batch: [], ...ragged, offset: 2 }, b: { batch: [], ...turned(ragged) } },
  'rows that repeat': {
    batch: [],
    a: {
      batch: [],
      rows: [
        [3, 0],
        [2, 8],
        [2, 0],
      ],
      columns: [[8, 1]],
    },
    b: { batch: [], rows: [[8, 1]], columns: [[7, 0]] },
  },
  'no rows': {
    batch: [2],
    a: {
      batch: [0],
      rows: [
        [0, 12],
        [3, 4],
      ],
      columns: [[4, 1]],
    },
    b: inOrder(4, 5, 0),
  },
  'no terms': {
    batch: [],
    a: {
      batch: [],
      rows: [[3, 0]],
      columns: [
        [2, 0],
        [0, 1],
      ],
    },
    b: inOrder(0, 5),
  },
}

/** A product of such operands. */
export function productOf({ batch, a, b }: Factors, dtype: w.DType): w.MatmulKernel {
  const operand = ({ batch: strides, rows, columns, offset = 0 }: Matrices): w.MatrixOperand => ({
    dtype,
    shape: [...batch, ...[...rows, ...columns].map(([size]) => size)],
    strides: [...strides, ...[...rows, ...columns].map(([, stride]) => stride)],
    offset,
    ...(rows.length + columns.length > 2 && { rowAxes: rows.length }),
  })
  const size = (axes: readonly Axis[]): number => w.sizeOf(axes.map(([n]) => n))
  const [m, k, n] = [size(a.rows), size(a.columns), size(b.columns)]
  return { kind: 'matmul', dtype, batch, m, k, n, a: operand(a), b: operand(b) }
}
