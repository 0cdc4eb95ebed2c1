import { fc, test } from '@fast-check/vitest'
import {
  type ArgSortKernel,
  type DType,
  type Kernel,
  type Operand,
  outputShape,
  type ScatterAddKernel,
  sizeOf,
  type TypedArray,
} from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { array } from '../array.ts'
import { byLoops, contiguous, generated, host, linear, numbers, refused, tier } from '../testing/besideLoops.ts'
import { argSortScratch } from './argSort.ts'
import { entriesOf } from './entries.ts'
import { scatterAddScratch } from './scatterAdd.ts'

// Generated kernels whose every bit is defined, beside loops.

function agree(kernel: Kernel, inputs: readonly TypedArray[], dtypes: readonly DType[]): void {
  expect(generated(kernel, inputs, dtypes)).toEqual(byLoops(kernel, inputs))
}

/** Indices of a shape, some of them outside, in a layout of one of several kinds. */
function indicesOf(
  shape: readonly [number, number, number],
  layout: string,
  n: number,
  seed: number,
): { readonly indices: Operand; readonly at: Int32Array } {
  const [outer, m, inner] = shape
  const block = m * inner
  const [strides, offset] = (
    {
      whole: [[block, inner, 1], 0],
      rows: [[m, 1, 0], 0],
      shared: [[0, 1, 0], 2],
      turned: [[block, 1, m], 0],
      backwards: [[-block, -inner, -1], outer * block - 1],
      spread: [[3 * block + 1, 3 * inner, 3], 1],
      one: [[0, 0, 0], 1],
    } as const
  )[layout] as readonly [readonly number[], number]
  const at = numbers('i32', 3 * outer * block + outer + 2, seed) as Int32Array
  for (let i = 0; i < at.length; i++)
    at[i] = ((at[i] as number) >>> 1) % (n + 2) === n ? -1 : ((at[i] as number) >>> 1) % (n + 2)
  return { indices: { shape, strides, offset, dtype: 'i32' }, at }
}

const inner = fc.oneof(fc.constantFrom(1, 2, 3, 4, 7, 16, 20, 37), fc.integer({ min: 1, max: 9 }))
const lookup = fc.record({
  outer: fc.integer({ min: 1, max: 3 }),
  n: fc.integer({ min: 1, max: 30 }),
  m: fc.integer({ min: 1, max: 40 }),
  inner,
  layout: fc.constantFrom('whole', 'rows', 'shared', 'turned', 'backwards', 'spread', 'one'),
  seed: fc.nat(1e6),
})

describe('generated kernels give the bits of loops', () => {
  test.prop([lookup, fc.constantFrom<DType>('f32', 'i32', 'bool'), fc.constantFrom('NaN', 'zero')])(
    'gather',
    ({ outer, n, m, inner, layout, seed }, dtype, outside) => {
      const { indices, at } = indicesOf([outer, m, inner], layout, n, seed)
      const kernel: Kernel = { kind: 'gather', dtype, input: contiguous(dtype, outer, n, inner), indices, outside }
      agree(kernel, [numbers(dtype, outer * n * inner, seed), at], [dtype, 'i32'])
    },
  )

  test.prop([lookup, fc.constantFrom<DType>('f32', 'i32'), fc.constantFrom(9, 1e9)])(
    'scatterAdd',
    ({ outer, n, m, inner, layout, seed }, dtype, special) => {
      const { indices, at } = indicesOf([outer, m, inner], layout, n, seed)
      const kernel: Kernel = { kind: 'scatterAdd', dtype, n, updates: contiguous(dtype, outer, m, inner), indices }
      agree(kernel, [numbers(dtype, outer * m * inner, seed, special), at], [dtype, 'i32'])
    },
  )

  const scanned = {
    outer: fc.integer({ min: 1, max: 7 }),
    n: fc.integer({ min: 1, max: 40 }),
    inner,
    seed: fc.nat(1e6),
  }
  test.prop([fc.record(scanned), fc.constantFrom<DType>('f32', 'i32'), fc.boolean(), fc.constantFrom(9, 1e9)])(
    'scan',
    ({ outer, n, inner, seed }, dtype, reverse, special) => {
      const kernel: Kernel = { kind: 'scan', dtype, input: contiguous(dtype, outer, n, inner), reverse }
      agree(kernel, [numbers(dtype, outer * n * inner, seed, special)], [dtype])
    },
  )

  const length = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 51, max: 700 }))
  test.prop([fc.integer({ min: 1, max: 3 }), length, fc.constantFrom<DType>('f32', 'i32'), fc.boolean(), fc.nat(1e6)])(
    'argSort',
    (rows, n, dtype, descending, seed) => {
      const kernel: Kernel = { kind: 'argSort', dtype: 'i32', input: contiguous(dtype, rows, n), descending }
      agree(kernel, [numbers(dtype, rows * n, seed)], [dtype])
    },
  )

  it('argSort, where keys share some of their bytes or all', () => {
    for (const values of [
      () => 3,
      () => Number.NaN,
      (i: number) => (i % 2 === 0 ? 0 : -0),
      (i: number) => (i * 37) % 256,
      (i: number) => 2 ** (i % 100),
    ])
      for (const dtype of ['f32', 'i32'] as const)
        for (const descending of [false, true]) {
          const kernel: Kernel = { kind: 'argSort', dtype: 'i32', input: contiguous(dtype, 100), descending }
          agree(kernel, [array(dtype, 100).map((_, i) => values(i))], [dtype])
        }
  })
})

it('generated kernels keep to their scratch', () => {
  for (let n = 41; n < 60; n++) {
    const x = numbers('f32', n, n)
    const argSort: ArgSortKernel = { kind: 'argSort', dtype: 'i32', input: contiguous('f32', n), descending: false }
    const { indices, at } = indicesOf([1, n, 1], 'whole', n, n)
    const updates = contiguous('f32', 1, n, 1)
    const adding = (n: number, form: 'f32 all' | 'f32 places') => {
      const kernel: ScatterAddKernel = { kind: 'scatterAdd', dtype: 'f32', n, updates, indices }
      return [kernel, [x, at], scatterAddScratch(kernel, entriesOf(indices), form)] as const
    }
    for (const [kernel, inputs, bytes] of [
      [argSort, [x], argSortScratch(argSort)],
      adding(n, 'f32 all'),
      adding(2 * n, 'f32 places'),
    ] as const) {
      const read = inputs.map((data, i) => linear(i === 0 ? 'f32' : 'i32', data))
      const output = linear(kernel.dtype, array(kernel.dtype, sizeOf(outputShape(kernel))))
      // The smallest gap that is large enough is taken, so the scratch will lie before what must not change.
      const gap = linear('bool', new Uint8Array(bytes))
      const after = linear('i32', new Int32Array(40).fill(77))
      tier.release(gap)
      tier.prepare(kernel, refused)?.run(read, [], [output])
      expect([output.data]).toEqual(byLoops(kernel, inputs))
      expect(after.data.every((value) => value === 77)).toBe(true)
      for (const buffer of [output, after, ...read]) tier.release(buffer)
    }
  }
})

describe('generated kernels on arrays of the host', () => {
  const indices = contiguous('i32', 1, 100, 1)
  const at = Int32Array.from({ length: 100 }, (_, i) => (7 * i) % 50)

  it('copy what is small', () => {
    const kernel: Kernel = { kind: 'gather', dtype: 'f32', input: contiguous('f32', 1, 50, 1), indices, outside: 'NaN' }
    const table = numbers('f32', 50, 1)
    const output = host(new Float32Array(100))
    tier.prepare(kernel, refused)?.run([host(table), host(at)], [], [output])
    expect([output.data]).toEqual(byLoops(kernel, [table, at]))
  })

  it('leave a table to loops that is larger than all that is looked up in it', () => {
    const kernel: Kernel = {
      kind: 'gather',
      dtype: 'f32',
      input: contiguous('f32', 1, 5000, 1),
      indices,
      outside: 'NaN',
    }
    const table = numbers('f32', 5000, 1)
    const output = host(new Float32Array(100))
    const run = (): void => tier.prepare(kernel, refused)?.run([host(table), host(at)], [], [output])
    expect(run).toThrow('must be generated')
    tier.prepare(kernel, refused)?.run([linear('f32', table), host(at)], [], [output])
    expect([output.data]).toEqual(byLoops(kernel, [table, at]))
  })

  it('f64 is left to loops', () => {
    const input = contiguous('f64', 1, 100, 1)
    const kernels: readonly Kernel[] = [
      { kind: 'gather', dtype: 'f64', input, indices, outside: 'NaN' },
      { kind: 'scatterAdd', dtype: 'f64', n: 3, updates: input, indices },
      { kind: 'scan', dtype: 'f64', input, reverse: false },
      { kind: 'argSort', dtype: 'i32', input, descending: false },
    ]
    for (const kernel of kernels) expect(tier.prepare(kernel, refused)).toBeNull()
  })
})
