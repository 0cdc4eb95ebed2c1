import type { DType, KeptBlocks, Layout, MatmulKernel, Program, TypedArray } from '@wengert/core'
import { array } from './array.ts'
import type { CpuBuffer } from './cpu.ts'

/**
 * Brings together what is kept, multiplies it as any matrix, and puts rows where they belong. `prepare` readies the
 * product; there is one for each number of kept rows or columns that is met.
 */
export function prepareKeptMatmul(
  { kept: { of, size }, ...kernel }: MatmulKernel & { readonly kept: KeptBlocks },
  prepare: (kernel: MatmulKernel) => Program<CpuBuffer>,
): Program<CpuBuffer> {
  const { dtype, m, k, n, a, b } = kernel
  const count = of === 'rows' ? m : k
  const products = new Map<number, Program<CpuBuffer>>()
  const product = (kept: number): Program<CpuBuffer> => {
    let known = products.get(kept)
    if (!known) {
      known = prepare(
        kept === count
          ? kernel
          : of === 'rows'
            ? { ...kernel, m: kept, a: { dtype, shape: [kept, k], strides: [k, 1], offset: 0 } }
            : {
                ...kernel,
                k: kept,
                a: { dtype, shape: [m, kept], strides: [1, m], offset: 0 },
                b: { dtype, shape: [kept, n], strides: [n, 1], offset: 0 },
              },
      )
      products.set(kept, known)
    }
    return known
  }
  const run: Program<CpuBuffer>['run'] = (inputs, scalars, outputs) => {
    const [output] = outputs as readonly [CpuBuffer]
    const [x, y, flags] = inputs as readonly [CpuBuffer, CpuBuffer, CpuBuffer]
    const at: number[] = []
    for (let i = 0; i < count; i++) if (flags.data[Math.floor(i / size)]) at.push(i)
    if (at.length === count) return product(count).run([x, y], scalars, outputs)
    const [down = 0, right = 0] = a.strides
    if (of === 'columns') {
      // Columns of a come to lie as rows.
      const columns = room(0, dtype, at.length * m)
      const rows = room(1, dtype, at.length * n)
      copyRows(columns.data, x.data, at, m, { ...a, strides: [right, down] })
      copyRows(rows.data, y.data, at, n, b)
      return product(at.length).run([columns, rows], scalars, outputs)
    }
    output.data.fill(0)
    if (at.length === 0) return
    const rows = room(0, dtype, at.length * k)
    const result = room(1, dtype, at.length * n)
    copyRows(rows.data, x.data, at, k, a)
    product(at.length).run([rows, y], scalars, [result])
    for (let r = 0; r < at.length; r++) output.data.set(result.data.subarray(r * n, r * n + n), (at[r] as number) * n)
  }
  return { run }
}

/** Writes the given rows of an operand, one after the other. */
function copyRows(
  into: TypedArray,
  data: TypedArray,
  rows: readonly number[],
  length: number,
  { offset, strides: [down = 0, right = 0] }: Layout,
): void {
  let to = 0
  for (const row of rows) {
    let from = offset + row * down
    if (right === 1) into.set(data.subarray(from, from + length), to)
    else for (let i = 0; i < length; i++, from += right) into[to + i] = data[from] as number
    to += length
  }
}

const rooms: [CpuBuffer | null, CpuBuffer | null] = [null, null]

/** Scratch memory that all products share. */
function room(which: 0 | 1, dtype: DType, size: number): CpuBuffer {
  const known = rooms[which]
  if (known && known.data.length >= size && known.data.constructor === array(dtype, 0).constructor) return known
  const made = { data: array(dtype, size), at: -1, bin: null }
  rooms[which] = made
  return made
}
