import type * as w from '@wengert/core'
import { checkClose } from './check.ts'
import type { Case } from './conformance.ts'
import { numbers } from './inputs.ts'

const arrays = { f32: Float32Array, i32: Int32Array, f64: Float64Array }

/**
 * With x [rows, columns], v [columns] and a scalar s: a = max x and d = (x − a) v, which nobody needs afterwards; b = Σ d, y = d s + b and
 * min y. The numbers are small integers.
 */
function chainOf(rows: number, columns: number, dtype: w.DType): w.Chain {
  const matrix: w.Operand = { dtype, shape: [rows, columns], strides: [columns, 1], offset: 0 }
  const row: w.Operand = { ...matrix, strides: [0, 1] }
  const column: w.Operand = { ...matrix, strides: [1, 0] }
  const of = (size: number): w.BufferType => ({ dtype, size })
  const shape = [rows, columns]
  const body = { dtype, shape, scalars: [], steps: [] }
  const [x, v, a, d, b, y, least] = [0, 1, 2, 3, 4, 5, 6]
  return {
    kind: 'chain',
    rows,
    inputs: 2,
    slots: [of(rows), of(rows * columns)],
    outputs: [of(rows), of(rows * columns), of(rows)],
    steps: [
      {
        kernel: { ...body, kind: 'reduce', op: 'max', axes: [1], inputs: [matrix] },
        inputs: [x],
        scalars: [],
        outputs: [a],
      },
      {
        kernel: {
          ...body,
          kind: 'reduce',
          op: 'sum',
          axes: [1],
          inputs: [matrix, column, row],
          steps: [
            { op: 'sub', args: [0, 1], dtype },
            { op: 'mul', args: [3, 2], dtype },
          ],
          stored: [1],
        },
        inputs: [x, a, v],
        scalars: [],
        outputs: [b, d],
      },
      {
        kernel: {
          ...body,
          kind: 'map',
          inputs: [matrix, column],
          scalars: [dtype],
          steps: [
            { op: 'mul', args: [0, 2], dtype },
            { op: 'add', args: [3, 1], dtype },
          ],
        },
        inputs: [d, b],
        scalars: [0],
        outputs: [y],
      },
      {
        kernel: { ...body, kind: 'reduce', op: 'min', axes: [1], inputs: [matrix] },
        inputs: [y],
        scalars: [],
        outputs: [least],
      },
    ],
  }
}

function wantedOf(x: readonly number[], v: readonly number[], s: number): number[][] {
  const columns = v.length
  const rows = Array.from({ length: x.length / columns }, (_, r) => x.slice(r * columns, (r + 1) * columns))
  const results = rows.map((row) => {
    const most = Math.max(...row)
    const d = row.map((one, i) => (one - most) * (v[i] as number))
    const b = d.reduce((sum, one) => sum + one, 0)
    return { b, y: d.map((one) => one * s + b) }
  })
  return [results.map(({ b }) => b), results.flatMap(({ y }) => y), results.map(({ y }) => Math.min(...y))]
}

async function runChain<B>(
  { chains, ...backend }: w.Backend<B>,
  chain: w.Chain,
  inputs: readonly w.TypedArray[],
  scalar: number,
  isOver: boolean,
): Promise<w.TypedArray[]> {
  const read = inputs.map((data) => backend.upload(data, chain.outputs[0]?.dtype as w.DType))
  const [x, v] = read as [B, B]
  const written = chain.outputs.map(({ dtype, size }) => backend.alloc(dtype, size))
  if (isOver) {
    // What was uploaded may be an array of the host, which nobody writes.
    const { kernel } = chain.steps[0] as w.ChainStep
    backend.prepare({ ...kernel, kind: 'map' }).run([x], [], [written[1] as B])
  }
  const program = (chains as w.Chains<B>).prepare(chain)
  for (let run = 0; run < (isOver ? 1 : 2); run++) program.run([isOver ? (written[1] as B) : x, v], [scalar], written)
  backend.submit()
  const all = await Promise.all(written.map((buffer) => backend.read(buffer)))
  for (const buffer of [...read, ...written]) backend.free(buffer)
  return all
}

/** On backends that run chains: what comes out is what comes of one kernel after the other, written over what is read or elsewhere. */
export function chains(): readonly Case[] {
  const sizes = [
    [1, 1],
    [3, 5],
    [7, 64],
    [130, 33],
    [1000, 9],
    [2, 20000],
  ] as const
  return (['f32', 'i32', 'f64'] as const).flatMap((dtype) =>
    sizes.map(([rows, columns]): Case => {
      const name = `a chain of kernels along ${rows} rows of ${columns} in ${dtype}`
      const [x, v] = [rows * columns, columns].map((size, seed) => numbers(size, { dtype: 'i32', seed })) as [
        number[],
        number[],
      ]
      const run = async (backend: w.Backend): Promise<void> => {
        if (!backend.chains || !backend.dtypes.has(dtype)) return
        const data = [x, v].map((values) => arrays[dtype].from(values))
        const wanted = wantedOf(x, v, 3)
        for (const isOver of backend.inPlace ? [false, true] : [false]) {
          const found = await runChain(backend, chainOf(rows, columns, dtype), data, 3, isOver)
          found.forEach((values, i) => {
            checkClose(`${name}, output ${i}`, values, arrays[dtype].from(wanted[i] as number[]), dtype, 0)
          })
        }
      }
      return { name, run }
    }),
  )
}
