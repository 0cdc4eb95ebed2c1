import { type Layout, type MatmulKernel, matrixAxes, type ReduceKernel, type Shape, sameShape } from '@wengert/core'
import { rowMajor } from './map.ts'

/** Rows or columns that are few enough for any operand, and elements of operands that stay in a cache. */
const [few, near] = [16, 2 ** 17]

/**
 * Matrix products as a reduction of [...batch, m, n, k], each of which may be several axes; null where rows or columns of large operands
 * would be read from memory again and again, since reductions have no tiles, and where no axes fit k in both operands.
 */
export function sumOfProducts(kernel: MatmulKernel): ReduceKernel | null {
  const { dtype, batch, m, n, k, a, b, kept } = kernel
  if (kept || (Math.min(m, n) > few && k * Math.max(m, n) > near)) return null
  const left = matrixAxes(a, kernel)
  const right = matrixAxes(b, kernel)
  const [x, y] = [left.columns, right.rows]
  const along = x.shape.length > y.shape.length ? x.shape : y.shape
  const [alongA, alongB] = [dividedInto(along, x), dividedInto(along, y)]
  if (!alongA || !alongB) return null
  const shape = [...batch, ...left.rows.shape, ...right.columns.shape, ...along]
  const still = ({ shape }: Axes): number[] => shape.map(() => 0)
  const stridesA = [...left.batch.strides, ...left.rows.strides, ...still(right.columns), ...alongA]
  const stridesB = [...right.batch.strides, ...still(left.rows), ...right.columns.strides, ...alongB]
  return {
    kind: 'reduce',
    op: 'sum',
    dtype,
    shape,
    axes: along.map((_, i) => shape.length - along.length + i),
    inputs: [
      { dtype, offset: a.offset, shape, strides: stridesA },
      { dtype, offset: b.offset, shape, strides: stridesB },
    ],
    scalars: [],
    steps: [{ op: 'mul', args: [0, 1], dtype }],
  }
}

type Axes = Pick<Layout, 'shape' | 'strides'>

/** The strides of axes of a shape, if it is theirs or they are one. */
function dividedInto(shape: Shape, { shape: own, strides }: Axes): readonly number[] | null {
  if (sameShape(own, shape)) return strides
  return own.length === 1 ? rowMajor(shape).map((stride) => stride * (strides[0] as number)) : null
}
