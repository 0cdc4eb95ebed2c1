import { type Kernel, type Operand, outputsOf } from '@wengert/core'
import { describe, expect, it } from 'vitest'
import type { Stage } from './stage.ts'
import { stagesOf } from './stages.ts'

/** A row-major operand. */
function whole(shape: readonly number[], dtype: Operand['dtype'] = 'f32'): Operand {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1))
  return { shape, strides, offset: 0, dtype }
}

const add = { op: 'add', args: [0, 1], dtype: 'f32' } as const
const plain = { dtype: 'f32', scalars: [], steps: [] } as const

/** x·s, x·s < x and that as a number, of which some are stored. */
const storing = (shape: readonly number[], dtype: 'f16' | 'f32', stored: readonly number[]) => ({
  dtype,
  shape,
  inputs: [whole(shape, dtype)],
  scalars: [dtype],
  steps: [
    { op: 'mul', args: [0, 1], dtype },
    { op: 'less', args: [2, 0], dtype: 'bool' },
    { op: 'cast', args: [3], dtype },
  ] as const,
  stored,
})

/** One kernel of each kind, and those whose text takes another way by shape or layout. */
const kernels: Record<string, Kernel> = {
  'map in vectors': {
    ...plain,
    kind: 'map',
    shape: [2, 8],
    inputs: [whole([2, 8]), { ...whole([8]), shape: [2, 8], strides: [0, 1] }],
    steps: [add],
  },
  'map of a transposed input': {
    ...plain,
    kind: 'map',
    shape: [3, 5],
    inputs: [{ ...whole([5, 3]), shape: [3, 5], strides: [1, 3] }],
  },
  'map of a scalar': { ...plain, kind: 'map', shape: [], inputs: [], scalars: ['i32'], dtype: 'i32' },
  'map to bool': {
    ...plain,
    kind: 'map',
    dtype: 'bool',
    shape: [5],
    inputs: [whole([5]), whole([5])],
    steps: [{ op: 'less', args: [0, 1], dtype: 'bool' }],
  },
  'reduce of rows': { ...plain, kind: 'reduce', op: 'max', shape: [3, 5], axes: [1], inputs: [whole([3, 5])] },
  'reduce of a long row': {
    ...plain,
    kind: 'reduce',
    op: 'sum',
    shape: [100000],
    axes: [0],
    inputs: [whole([100000])],
  },
  'reduce of columns with a body': {
    ...plain,
    kind: 'reduce',
    op: 'sum',
    shape: [3, 5],
    axes: [0],
    inputs: [whole([3, 5])],
    steps: [{ op: 'mul', args: [0, 0], dtype: 'f32' }],
  },
  matmul: { kind: 'matmul', dtype: 'f32', batch: [2], m: 3, k: 5, n: 7, a: whole([2, 3, 5]), b: whole([2, 5, 7]) },
  'matmul in vectors': {
    kind: 'matmul',
    dtype: 'f32',
    batch: [],
    m: 8,
    k: 8,
    n: 8,
    a: whole([8, 8]),
    b: whole([8, 8]),
  },
  'matmul of blocks of rows': {
    kind: 'matmul',
    dtype: 'f32',
    batch: [],
    m: 20,
    k: 5,
    n: 7,
    a: whole([20, 5]),
    b: whole([5, 7]),
    kept: { of: 'rows', size: 6 },
  },
  'matmul of blocks of columns': {
    kind: 'matmul',
    dtype: 'f32',
    batch: [],
    m: 3,
    k: 20,
    n: 8,
    a: whole([3, 20]),
    b: whole([20, 8]),
    kept: { of: 'columns', size: 6 },
  },
  'matmul of windows of an image': {
    kind: 'matmul',
    dtype: 'f32',
    batch: [2],
    m: 5,
    k: 18,
    n: 20,
    a: { ...whole([5, 18]), shape: [2, 5, 18], strides: [0, 18, 1] },
    b: { dtype: 'f32', shape: [2, 2, 3, 3, 4, 5], strides: [84, 42, 7, 1, 7, 1], offset: 0, rowAxes: 3 },
  },
  'matmul of heads side by side in vectors, then a residual': {
    kind: 'matmul',
    dtype: 'f32',
    batch: [],
    m: 15,
    k: 8,
    n: 8,
    a: { dtype: 'f32', shape: [3, 5, 2, 4], strides: [40, 4, 20, 1], offset: 0, rowAxes: 2 },
    b: whole([8, 8]),
    epilogue: { shape: [3, 5, 8], inputs: [whole([3, 5, 8]), whole([3, 5, 8])], scalars: [], steps: [add] },
  },
  'matmul, then a bias by a scalar and tanh, which are stored': {
    kind: 'matmul',
    dtype: 'f32',
    batch: [2],
    m: 3,
    k: 5,
    n: 7,
    a: whole([2, 3, 5]),
    b: whole([2, 5, 7]),
    epilogue: {
      shape: [6, 7],
      inputs: [whole([6, 7]), { ...whole([7]), shape: [6, 7], strides: [0, 1] }],
      scalars: ['f32'],
      steps: [
        { op: 'mul', args: [1, 2], dtype: 'f32' },
        { op: 'add', args: [0, 3], dtype: 'f32' },
        { op: 'tanh', args: [4], dtype: 'f32' },
      ],
      stored: [1],
    },
  },
  'matmul in f16, then a mask': {
    kind: 'matmul',
    dtype: 'f16',
    batch: [],
    m: 4,
    k: 4,
    n: 8,
    a: whole([4, 4], 'f16'),
    b: whole([4, 8], 'f16'),
    epilogue: {
      shape: [4, 8],
      inputs: [whole([4, 8], 'f16'), whole([4, 8], 'bool')],
      scalars: ['f16'],
      steps: [{ op: 'where', args: [1, 0, 2], dtype: 'f16' }],
    },
  },
  pad: { kind: 'pad', dtype: 'f32', shape: [7], input: whole([3]), low: [1], interior: [1] },
  gather: { kind: 'gather', dtype: 'f32', input: whole([2, 3, 4]), indices: whole([2, 5, 4], 'i32'), outside: 'NaN' },
  'scatterAdd of few': {
    kind: 'scatterAdd',
    dtype: 'f32',
    n: 3,
    updates: whole([1, 5, 2]),
    indices: whole([1, 5, 2], 'i32'),
  },
  'scatterAdd of many': {
    kind: 'scatterAdd',
    dtype: 'f32',
    n: 3,
    updates: whole([1, 100, 2]),
    indices: { ...whole([1, 100], 'i32'), shape: [1, 100, 2], strides: [100, 1, 0] },
  },
  scan: { kind: 'scan', dtype: 'f32', input: whole([2, 7, 3]), reverse: true },
  'scan of a long row': { kind: 'scan', dtype: 'i32', input: whole([1, 1000, 1], 'i32'), reverse: false },
  argSort: { kind: 'argSort', dtype: 'i32', input: whole([2, 40]), descending: true },
  concat: { kind: 'concat', dtype: 'f32', shape: [2, 5], axis: 1, start: 0, inputs: [whole([2, 2]), whole([2, 3])] },
  random: { kind: 'random', dtype: 'f32', shape: [5] },
  'map in f16': {
    kind: 'map',
    dtype: 'f16',
    shape: [8],
    inputs: [whole([8], 'f16'), whole([8])],
    scalars: ['f16'],
    steps: [
      { op: 'mul', args: [0, 2], dtype: 'f16' },
      { op: 'cast', args: [1], dtype: 'f16' },
      { op: 'maximum', args: [3, 4], dtype: 'f16' },
    ],
  },
  'reduce of a long row in f16': {
    ...plain,
    kind: 'reduce',
    op: 'sum',
    dtype: 'f16',
    shape: [100001],
    axes: [0],
    inputs: [whole([100001], 'f16')],
  },
  'map that stores': { ...storing([2, 8], 'f32', [0, 1, 2]), kind: 'map' },
  'map that stores from a transposed input': {
    ...storing([3, 5], 'f32', [1, 2]),
    kind: 'map',
    inputs: [{ ...whole([5, 3]), shape: [3, 5], strides: [1, 3] }],
  },
  'map in f16 that stores': { ...storing([8], 'f16', [0, 1]), kind: 'map' },
  'reduce of rows that stores': { ...storing([3, 8], 'f32', [0, 1]), kind: 'reduce', op: 'max', axes: [1] },
  'reduce of columns that stores': { ...storing([3, 8], 'f32', [0, 2]), kind: 'reduce', op: 'sum', axes: [0] },
  'reduce of a long row that stores': { ...storing([100000], 'f16', [0, 1]), kind: 'reduce', op: 'sum', axes: [0] },
  'matmul in f16': {
    kind: 'matmul',
    dtype: 'f16',
    batch: [],
    m: 4,
    k: 5,
    n: 4,
    a: whole([4, 5], 'f16'),
    b: whole([5, 4], 'f16'),
  },
}

describe('text of kernels', () => {
  for (const [name, kernel] of Object.entries(kernels))
    it(name, () => {
      const { stages, scratch } = stagesOf(kernel, { software: true })
      const text = stages.map(
        ({ code, buffers, workgroups }) => `// buffers ${buffers} · workgroups ${workgroups}\n${code}`,
      )
      expect(`${text.join('\n')}// scratch ${scratch}`).toMatchSnapshot()
    })

  it('of a GPU differs in products', () => {
    const matmul = kernels.matmul as Kernel
    expect(stagesOf(matmul, { software: false }).stages[0]?.code).toContain('workgroupBarrier')
    expect(stagesOf(matmul, { software: true }).stages[0]?.code).not.toContain('workgroupBarrier')
  })

  it('of a GPU goes past blocks that are not kept', () => {
    const codeOf = (name: string) => stagesOf(kernels[name] as Kernel, { software: false }).stages[0]?.code
    expect(codeOf('matmul of blocks of rows')).toContain('p < 5u && wanted')
    expect(codeOf('matmul of blocks of columns')).toContain('if (!anyKept(p, min(p + 15u, 19u))) { continue; }')
    expect(codeOf('matmul')).not.toContain('anyKept')
  })

  it('of a GPU reads windows where they lie, and hands each sum to what comes after', () => {
    const codeOf = (name: string) => stagesOf(kernels[name] as Kernel, { software: false }).stages[0]?.code
    expect(codeOf('matmul of windows of an image')).toContain(
      'b[(z) * 84u + ((p + q) % 3u) + (((p + q) / 3u) % 3u) * 7u + ((p + q) / 9u) * 42u + ((n0 + j) % 5u) + ((n0 + j) / 5u) * 7u]',
    )
    const code = codeOf('matmul, then a bias by a scalar and tanh, which are stored')
    expect(code).toContain('var sums = array<f32, 4>(s0_0, s0_1, s1_0, s1_1);')
    expect(code?.match(/\bfinish\(/g)).toHaveLength(2)
  })

  it('is the same for equal kernels, so that they share a pipeline', () => {
    for (const kernel of Object.values(kernels))
      expect(stagesOf(structuredClone(kernel), { software: false })).toEqual(stagesOf(kernel, { software: false }))
  })

  it('binds eight buffers at most, scratch too', () => {
    const inputs = Array.from({ length: 5 }, () => whole([2 ** 20]))
    const steps = [1, 2, 3, 4].map((arg) => ({ op: 'add', args: [0, arg], dtype: 'f32' }) as const)
    const kernel = {
      ...plain,
      kind: 'reduce',
      op: 'sum',
      shape: [2 ** 20],
      axes: [0],
      inputs,
      steps,
      stored: [0, 2],
    } as const
    for (const software of [true, false]) {
      const { stages, scratch } = stagesOf(kernel, { software })
      expect(scratch.length).toBe(1)
      expect(stages.map(({ buffers }) => buffers)).toEqual([
        [0, 1, 2, 3, 4, 8, 6, 7],
        [8, 5],
      ])
    }
  })

  it('folds what one axis of workgroups does not hold', () => {
    const shape = [2 ** 28]
    const { stages } = stagesOf(
      { ...plain, kind: 'map', shape, inputs: [{ ...whole(shape), strides: [0] }] },
      { software: false },
    )
    const [x, y] = (stages[0] as Stage).workgroups
    expect(Math.max(x, y)).toBeLessThanOrEqual(65535)
    expect(x * y * 64 * 4).toBeGreaterThanOrEqual(2 ** 28)
  })

  it('declares each buffer in the order of its bindings, those that are written last, and writes all outputs', () => {
    for (const kernel of Object.values(kernels))
      for (const software of [true, false]) {
        const { stages } = stagesOf(kernel, { software })
        const written = new Set<number>()
        for (const { code, buffers, written: count = 1, scalars } of stages) {
          const accesses = Array.from(code.matchAll(/@binding\((\d+)\) var<(.*)> /g), ([, , access]) => access)
          expect(accesses).toEqual([
            ...buffers.slice(0, -count).map(() => 'storage, read'),
            ...buffers.slice(-count).map(() => 'storage, read_write'),
            ...(scalars ? ['uniform'] : []),
          ])
          expect(new Set(buffers).size).toBe(buffers.length)
          for (const buffer of buffers.slice(-count)) written.add(buffer)
        }
        const inputs = Math.min(...written)
        outputsOf(kernel).forEach((_, i) => void expect(written).toContain(inputs + i))
      }
  })

  it('is empty where there is nothing to compute', () => {
    expect(
      stagesOf({ ...plain, kind: 'map', shape: [0, 3], inputs: [], scalars: ['f32'] }, { software: true }).stages,
    ).toEqual([])
  })
})
