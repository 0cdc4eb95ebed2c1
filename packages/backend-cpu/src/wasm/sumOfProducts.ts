import type { MatmulKernel, Operand, ReduceKernel } from '@wengert/core'

/** Rows or columns that are few enough for any operand, and elements of operands that stay in a cache. */
const [few, near] = [16, 2 ** 17]

/**
 * Matrix products as a reduction of [...batch, m, n, k]; null where rows or columns of large operands would be read from memory again
 * and again, since reductions have no tiles.
 */
export function sumOfProducts({ dtype, batch, m, n, k, a, b, kept }: MatmulKernel): ReduceKernel | null {
  if (kept || (Math.min(m, n) > few && k * Math.max(m, n) > near)) return null
  const shape = [...batch, m, n, k]
  const spread = (x: Operand, [row, column, along]: readonly [number, number, number]): Operand => ({
    ...x,
    shape,
    strides: [...x.strides.slice(0, -2), row, column, along],
  })
  const [rowA, columnA] = a.strides.slice(-2) as [number, number]
  const [rowB, columnB] = b.strides.slice(-2) as [number, number]
  return {
    kind: 'reduce',
    op: 'sum',
    dtype,
    shape,
    axes: [shape.length - 1],
    inputs: [spread(a, [rowA, 0, columnA]), spread(b, [0, columnB, rowB])],
    scalars: [],
    steps: [{ op: 'mul', args: [0, 1], dtype }],
  }
}
