import type { Kernel } from '@wengert/core'
import type { CpuBackend, CpuBuffer } from '../../packages/backend-cpu/src/cpu.ts'
import { type Contender, type MeasureOptions, measure, type Times } from './measure.ts'
import { backend as ours } from './ours.ts'
import { registerProbe } from './probes.ts'
import { number, type Table } from './table.ts'

/** Matrices of a batch, [batch, m, k] · [batch, k, n]; `a` and `b` say whether an operand's columns lie side by side. */
interface Shape {
  readonly batch?: number
  readonly m: number
  readonly k: number
  readonly n: number
  readonly a?: 'transposed'
  readonly b?: 'transposed'
}

const transposed = 'transposed'

/** The products of some programs: of training steps both ways, and of one example. */
const programs: Readonly<Record<string, readonly Shape[]>> = {
  'training step of a small transformer': [
    { m: 1024, k: 128, n: 384, b: transposed },
    { m: 1024, k: 128, n: 512, b: transposed },
    { m: 1024, k: 512, n: 128, b: transposed },
    { m: 1024, k: 128, n: 512 },
    { m: 1024, k: 512, n: 128 },
    { m: 128, k: 1024, n: 512, a: transposed },
    { m: 512, k: 1024, n: 128, a: transposed },
    { m: 128, k: 1024, n: 128, a: transposed },
  ],
  'attention of 16 heads': [
    { batch: 16, m: 128, k: 32, n: 128, b: transposed },
    { batch: 16, m: 128, k: 128, n: 32 },
    { batch: 16, m: 128, k: 128, n: 32, a: transposed },
    { batch: 16, m: 32, k: 128, n: 128, a: transposed },
  ],
  'training step of 784-512-256-10, batch 128': [
    { m: 128, k: 784, n: 512, b: transposed },
    { m: 128, k: 512, n: 256, b: transposed },
    { m: 128, k: 256, n: 10, b: transposed },
    { m: 128, k: 256, n: 512 },
    { m: 512, k: 128, n: 256, a: transposed },
    { m: 784, k: 128, n: 512, a: transposed },
  ],
  'one example or few': [
    { m: 1, k: 512, n: 512, b: transposed },
    { m: 1, k: 512, n: 512 },
    { m: 4, k: 512, n: 512, b: transposed },
    { m: 512, k: 512, n: 1 },
  ],
}

/** Matrix products as kernels alone, beside what registers reach. */
export async function* productTables({ watch: _, ...options }: MeasureOptions): AsyncGenerator<Table> {
  for (const [program, shapes] of Object.entries(programs)) {
    const title = `Matrix products, f32, ${program}`
    const rows: string[][] = []
    for (const shape of shapes) {
      const { batch = 1, m, k, n, a, b } = shape
      const flops = 2 * batch * m * k * n
      const probe = (registerProbe(flops, true) ?? registerProbe(flops, false)) as Contender
      const [{ median }, peak] = (await measure(title, [product(shape), probe], options)) as [Times, Times]
      const name = `${batch > 1 ? `${batch} × ` : ''}[${m}, ${k}]${a ? 'ᵀ' : ''} · [${k}, ${n}]${b ? 'ᵀ' : ''}`
      rows.push([name, number(median), number(flops / median / 1e6), `${((100 * peak.median) / median).toFixed(0)} %`])
    }
    const notes = ['ᵀ: the columns lie side by side.']
    yield { title, head: ['', 'median ms', 'GFLOP/s', 'of registers'], rows, notes }
  }
}

/** A product on buffers that lie where the backend puts them, without what surrounds it in a program. */
export function product({ batch = 1, m, k, n, a, b }: Shape): Contender {
  const operand = (rows: number, columns: number, turned: boolean) => ({
    dtype: 'f32' as const,
    shape: [batch, rows, columns],
    strides: [rows * columns, ...(turned ? [1, rows] : [columns, 1])],
    offset: 0,
  })
  const kernel: Kernel = {
    kind: 'matmul',
    dtype: 'f32',
    batch: [batch],
    m,
    k,
    n,
    a: operand(m, k, a !== undefined),
    b: operand(k, n, b !== undefined),
  }
  const backend = ours as CpuBackend
  const made = (rows: number, columns: number): CpuBuffer => {
    const buffer = backend.alloc('f32', batch * rows * columns)
    for (let i = 0; i < buffer.data.length; i++) buffer.data[i] = Math.sin(i)
    return buffer
  }
  const [x, y, out] = [made(m, k), made(k, n), made(m, n)]
  const program = backend.prepare(kernel)
  return { name: 'wengert, the kernel alone', run: () => program.run([x, y], [], [out]) }
}
