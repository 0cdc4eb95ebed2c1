import { fc, test } from '@fast-check/vitest'
import {
  conv2d,
  type DType,
  data,
  type MatmulKernel,
  type MatrixOperand,
  matrixAxes,
  mean,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensor,
  valueAndGrad,
} from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { array } from './array.ts'
import type { CpuBackend } from './cpu.ts'
import { Odometer } from './strided.ts'
import { contiguous, host } from './testing/besideLoops.ts'
import { cpu } from './wasm/cpu.ts'

// Products of operands with several axes for rows or columns.

const [loops, wasm, threads] = [cpu({ wasm: false }), cpu({ wasm: 'always' }), cpu({ threads: 2 })]

/** Axes of an operand: how many elements, and how far apart. */
type Axes = readonly (readonly [size: number, stride: number])[]

/** An operand on just as many elements as it needs. */
function operandOf(dtype: DType, batch: Axes, rows: Axes, columns: Axes): MatrixOperand & { readonly length: number } {
  const axes = [...batch, ...rows, ...columns]
  const reach = axes.map(([size, stride]) => Math.max(size - 1, 0) * stride)
  const offset = -reach.reduce((sum, by) => sum + Math.min(by, 0), 0)
  return {
    dtype,
    offset,
    shape: axes.map(([size]) => size),
    strides: axes.map(([, stride]) => stride),
    rowAxes: rows.length,
    length: offset + 1 + reach.reduce((sum, by) => sum + Math.max(by, 0), 0),
  }
}

interface Case {
  readonly kernel: MatmulKernel
  readonly inputs: readonly [TypedArray, TypedArray]
}

const sizes = (axes: Axes): number[] => axes.map(([size]) => size)

function caseOf(
  dtype: DType,
  batch: readonly (readonly [size: number, a: number, b: number])[],
  a: readonly [rows: Axes, columns: Axes],
  b: readonly [rows: Axes, columns: Axes],
): Case {
  const left = operandOf(
    dtype,
    batch.map(([size, stride]) => [size, stride]),
    ...a,
  )
  const right = operandOf(
    dtype,
    batch.map(([size, , stride]) => [size, stride]),
    ...b,
  )
  const [m, k, n] = [a[0], a[1], b[1]].map((axes) => sizeOf(sizes(axes))) as [number, number, number]
  const kernel: MatmulKernel = { kind: 'matmul', dtype, batch: batch.map(([size]) => size), m, k, n, a: left, b: right }
  return { kernel, inputs: [values(dtype, left.length, 1), values(dtype, right.length, 2)] }
}

/** Numbers that are not special. */
function values(dtype: DType, size: number, seed: number): TypedArray {
  const data = array(dtype, size)
  for (let i = 0; i < size; i++) data[i] = dtype === 'i32' ? (7 * i + seed) % 11 : Math.sin(1.7 * i + seed)
  return data
}

/** The elements in order. */
function copied({ dtype, shape, strides, offset }: MatrixOperand, data: TypedArray): TypedArray {
  const odometer = new Odometer({ sizes: shape, strides })
  const found = array(dtype, sizeOf(shape))
  for (let i = 0; i < found.length; i++, odometer.next()) found[i] = data[offset + odometer.position] as number
  return found
}

/** The product of the operands once they are copied. */
function unfolded({ kernel, inputs: [a, b] }: Case): Case {
  const { dtype, batch, m, k, n } = kernel
  return {
    kernel: { ...kernel, a: contiguous(dtype, ...batch, m, k), b: contiguous(dtype, ...batch, k, n) },
    inputs: [copied(kernel.a, a), copied(kernel.b, b)],
  }
}

/** Index by index. */
function expected(given: Case): TypedArray {
  const { kernel, inputs } = unfolded(given)
  const { batch, m, k, n, dtype } = kernel
  const [a, b] = inputs
  const found = array(dtype, sizeOf(batch) * m * n)
  for (let at = 0; at < found.length; at++) {
    const [p, i, j] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n]
    let sum = 0
    for (let q = 0; q < k; q++) sum += (a[(p * m + i) * k + q] as number) * (b[(p * k + q) * n + j] as number)
    found[at] = sum
  }
  return found
}

function run(backend: CpuBackend, { kernel, inputs }: Case): TypedArray {
  const size = sizeOf(kernel.batch) * kernel.m * kernel.n
  const output = backend.alloc(kernel.dtype, size)
  output.data.fill(77)
  const program = backend.prepare(kernel)
  for (let times = 0; times < 2; times++) program.run(inputs.map(host), [], [output])
  const found = output.data.slice()
  backend.free(output)
  return found
}

function distance(x: TypedArray, y: TypedArray): number {
  if (x.length !== y.length) return Number.NaN
  let most = 0
  for (let i = 0; i < x.length; i++) most = Math.max(most, Math.abs((x[i] as number) - (y[i] as number)))
  return most
}

function agree(given: Case): void {
  const wanted = expected(given)
  expect(run(loops, given)).toEqual(wanted)
  const { dtype, m, k, n } = given.kernel
  for (const backend of dtype === 'i32' ? [wasm] : [wasm, threads]) {
    const found = run(backend, given)
    expect(distance(found, wanted)).toBeLessThan((dtype === 'f64' ? 1e-14 : 1e-6) * (10 + k))
    // Single rows and columns, and reductions, are added up in an order that hangs on how they lie.
    if (dtype === 'f32' && m > 1 && n > 1) expect(found).toEqual(run(backend, unfolded(given)))
  }
}

/** Windows [...batch, C, I, J, H′, W′] of images [...batch, C, H, W], as [C I J, H′ W′]. */
function windows({ C, H, W, I, J, stride, dilation }: Readonly<Record<string, number>> & Window): {
  readonly image: number
  readonly rows: Axes
  readonly columns: Axes
} {
  const [down, right] = [H - dilation * (I - 1) - 1, W - dilation * (J - 1) - 1]
  return {
    image: C * H * W,
    rows: [
      [C, H * W],
      [I, dilation * W],
      [J, dilation],
    ],
    columns: [
      [Math.floor(down / stride) + 1, stride * W],
      [Math.floor(right / stride) + 1, stride],
    ],
  }
}

interface Window {
  readonly C: number
  readonly H: number
  readonly W: number
  readonly I: number
  readonly J: number
  readonly stride: number
  readonly dilation: number
}

const dtypes = fc.constantFrom<DType[]>('f32', 'f32', 'f32', 'f64', 'i32')
const stride = fc.oneof(fc.constantFrom(0, 1, 1, 1, -1), fc.integer({ min: -9, max: 40 }))
const few = fc.constantFrom(1, 1, 2, 3, 4, 5)
const some = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(0, 12, 16, 28, 30))

/** Sizes of up to three axes, and how far apart they lie in an operand or in two. */
const axes = fc
  .tuple(some, few, few, fc.integer({ min: 1, max: 3 }))
  .map(([last, first, second, count]) => [second, first, last].slice(-count))
const steps = fc.array(stride, { minLength: 3, maxLength: 3 })
const along = (shape: readonly number[], by: readonly number[]): Axes => shape.map((size, i) => [size, by[i] as number])
const batchAxis = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: -3, max: 30 }), fc.constantFrom(0, 0, 7))

const image = fc.record({
  C: fc.integer({ min: 1, max: 4 }),
  H: fc.integer({ min: 7, max: 12 }),
  W: fc.integer({ min: 7, max: 31 }),
  I: fc.integer({ min: 1, max: 3 }),
  J: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 2 }),
  dilation: fc.integer({ min: 1, max: 2 }),
})

describe('products of operands with several axes for rows or columns', () => {
  test.prop([
    dtypes,
    fc.array(batchAxis, { maxLength: 2 }),
    fc.tuple(axes, axes, axes),
    fc.tuple(steps, steps, steps, steps),
    fc.boolean(),
    fc.boolean(),
  ])('agree with sums index by index', (dtype, batch, [m, k, n], [rowA, columnA, rowB, columnB], wholeA, wholeB) => {
    // The inner axes of one operand may be one axis of the other.
    const inner = (isOne: boolean, by: readonly number[]): Axes =>
      isOne ? [[sizeOf(k), by[0] as number]] : along(k, by)
    const a = [along(m, rowA), inner(wholeA, columnA)] as const
    agree(caseOf(dtype, batch, a, [inner(wholeB, rowB), along(n, columnB)]))
  })

  test.prop([image, fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })])(
    'convolve images, group by group',
    (of, O, B, groups) => {
      const { image, rows, columns } = windows(of)
      const inner = sizeOf(sizes(rows))
      const batch = [
        [B, 0, groups * image],
        [groups, O * inner, image],
      ] as const
      const weight = [[[O, inner]], [[inner, 1]]] as const
      agree(caseOf('f32', batch, weight, [rows, columns]))
      // Slopes of the weight: the images' places are summed over.
      const places = sizeOf(sizes(columns))
      const slopes = [
        [[O, places]],
        [
          [B, O * places * groups],
          [places, 1],
        ],
      ] as const
      const everywhere = [[B, groups * image], ...columns] as const
      agree(caseOf('f32', [[groups, O * places, image]], slopes, [everywhere, rows]))
      agree(caseOf('f64', batch, weight, [rows, columns]))
    },
  )

  it('share the rows or the columns of a large product out to threads', () => {
    const of = windows({ C: 3, H: 17, W: 45, I: 3, J: 3, stride: 1, dilation: 2 })
    for (const O of [2, 40, 600]) {
      const shared = caseOf('f32', [], [[[O, 27]], [[27, 1]]], [of.rows, of.columns])
      agree(shared)
      agree(caseOf('f32', [], [of.columns, of.rows], [[[27, 1]], [[O, 27]]]))
    }
  })

  it('of heads that come together, in blocks of every kind', () => {
    const [B, H, T, D] = [3, 5, 67, 64]
    const heads = [
      [
        [B, H * T * D],
        [T, D],
      ],
      [
        [H, T * D],
        [D, 1],
      ],
    ] as const
    agree(caseOf('f32', [], heads, [[[H * D, 300]], [[300, 1]]]))
    agree(caseOf('f32', [], heads, [[[H * D, 1]], [[31, H * D]]]))
    agree(caseOf('f32', [[2, B * H * T * D, 0]], heads, [[[H * D, 1]], [[1, H * D]]]))
    agree(caseOf('f32', [], [[[7, 1]], [[B * T, 7]]], heads))
  })

  it('of a single row that lies in parts', () => {
    const row = [
      [[1, 0]],
      [
        [30, 100],
        [70, 1],
      ],
    ] as const
    agree(caseOf('f32', [], row, [[[2100, 1]], [[33, 2100]]]))
    agree(caseOf('f32', [], row, [[[2100, 33]], [[33, 1]]]))
    const long = [
      [[1, 0]],
      [
        [30, 20_001],
        [20_000, 1],
      ],
    ] as const
    const given = caseOf('f32', [], long, [[[600_000, 1]], [[3, 1]]])
    expect(distance(run(wasm, given), expected(given))).toBeLessThan(0.05)
  })

  it('of operands whose inner axes are divided otherwise', () => {
    for (const dtype of ['f32', 'f64', 'i32'] as const) {
      const a = [
        [[3, 1]],
        [
          [4, 40],
          [6, 3],
        ],
      ] as const
      const b = [
        [
          [6, 4],
          [4, 30],
        ],
        [[50, 1]],
      ] as const
      agree(caseOf(dtype, [[2, 1, 100]], a, b))
    }
  })

  it('have batches, rows and columns where the operands say', () => {
    const { kernel } = caseOf(
      'f32',
      [[2, 5, 6]],
      [
        [
          [3, 1],
          [4, 2],
        ],
        [[5, 3]],
      ],
      [
        [[5, 1]],
        [
          [7, 1],
          [8, 9],
        ],
      ],
    )
    expect(matrixAxes(kernel.b, kernel)).toEqual({
      batch: { shape: [2], strides: [6] },
      rows: { shape: [5], strides: [1] },
      columns: { shape: [7, 8], strides: [1, 9] },
    })
  })
})

describe('a convolution', () => {
  it('has the bits that it has by copied windows, and no room for any', async () => {
    const [image, kernel] = [
      [4, 6, 14, 15],
      [8, 3, 3, 3],
    ].map((shape, i) => tensor(values('f32', sizeOf(shape), i), { shape })) as [Tensor, Tensor]
    for (const options of [{ padding: 'same' as const }, { stride: 2 }, { dilation: [1, 2] as const, padding: 1 }])
      for (const tier of [loops, wasm]) {
        const sizes: number[] = []
        const run = (fusesMatmul: boolean): Promise<unknown> => {
          const alloc: CpuBackend['alloc'] = (dtype, size) => {
            sizes.push(size)
            return tier.alloc(dtype, size)
          }
          const backend: CpuBackend = { ...tier, fusesMatmul, alloc }
          return data([conv2d(image, kernel, { ...options, groups: 2 })], { backend })
        }
        const wanted = await run(false)
        const most = Math.max(...sizes.splice(0))
        expect(await run(true)).toEqual(wanted)
        expect(3 * Math.max(...sizes)).toBeLessThan(most)
        const slopes = (fusesMatmul: boolean): Promise<unknown> => {
          const f = ([x, k]: readonly Tensor[]): Tensor =>
            mean(conv2d(x as Tensor, k as Tensor, { ...options, groups: 2 }).square())
          return data(valueAndGrad(f)([image, kernel]), { backend: { ...tier, fusesMatmul } })
        }
        expect(await slopes(true)).toEqual(await slopes(false))
      }
  })
})
