import { fc, test } from '@fast-check/vitest'
import { loops } from '@wengert/backend-cpu/loops'
import { unfolding } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import * as w from '../index.ts'
import { record } from '../tape.ts'
import { type Schedule, type ScheduleOptions, schedule } from './schedule.ts'

const oracle = loops()
const backend = unfolding(oracle)

const waves = (...shape: number[]): w.Tensor =>
  w
    .tensor(Float32Array.from({ length: shape.reduce((size, n) => size * n, 1) }, (_, i) => Math.sin(i + 1)))
    .reshape(shape)

/** Names of functions; → marks a step that is stored, with the number of its output. */
const bodyOf = ({ steps, stored = [] }: w.MapBody): string[] =>
  steps.map(({ op }, i) => (stored.includes(i) ? `${op}→${stored.indexOf(i) + 1}` : op))

/** A line of text for each kernel; a product tells how many axes the rows and the columns of its operands have, and its map. */
function kernels(outputs: readonly w.Tensor[], options: ScheduleOptions = {}): string[] {
  return shown(schedule(record(outputs, { through: 'unknown' }), { fusesMatmul: true, ...options }))
}

function shown({ nodes }: Schedule): string[] {
  return nodes.flatMap((node) => {
    if (node.kind !== 'kernel') return []
    const { kernel } = node
    if (kernel.kind === 'map') return [['map', ...bodyOf(kernel)].join(' ')]
    if (kernel.kind === 'reduce') return [[kernel.op, ...bodyOf(kernel)].join(' ')]
    if (kernel.kind !== 'matmul') return [kernel.kind]
    const axes = (name: string, operand: w.MatrixOperand): string[] => {
      const { rows, columns } = w.matrixAxes(operand, kernel)
      return operand.rowAxes === undefined ? [] : [`${name} ${rows.shape.length}×${columns.shape.length}`]
    }
    const epilogue = kernel.epilogue ? ['then', ...bodyOf(kernel.epilogue)] : []
    return [['matmul', ...axes('a', kernel.a), ...axes('b', kernel.b), ...epilogue].join(' ')]
  })
}

/** Expects the same bits whether products read through copies and take maps or not. */
function expectSameBits(outputs: readonly w.Tensor[], options?: { readonly maxBuffers: number }): void {
  const run = (on: w.Backend, fuse: boolean) => w.replay([], outputs, { backend: on, fuse })([])
  const wanted = run(oracle, false)
  expect(run({ ...backend, ...options }, true)).toEqual(wanted)
}

describe('a copy that products alone read', () => {
  const [x, weight] = [waves(2, 4, 7, 6), waves(6, 4, 3, 2)]

  it('of windows is not made', () => {
    const y = w.conv2d(x, weight, { stride: [2, 1], dilation: [1, 2] })
    expect(kernels([y])).toEqual(['matmul b 3×2'])
    expect(kernels([y], { fusesMatmul: false })).toEqual(['map', 'matmul'])
    const { nodes } = schedule(record([y], { through: 'unknown' }), { fusesMatmul: true })
    const node = nodes.at(-1)
    expect(node?.kind === 'kernel' && node.kernel).toMatchObject({
      batch: [2, 1],
      m: 6,
      k: 24,
      n: 12,
      a: { shape: [2, 1, 6, 24], strides: [0, 0, 24, 1] },
      b: { shape: [2, 1, 4, 3, 2, 3, 4], strides: [168, 0, 42, 6, 2, 12, 1], offset: 0, rowAxes: 3 },
    })
    expectSameBits([y])
  })

  it('is not made for gradients either, which read the windows transposed', () => {
    const gradients = w.grad(({ x, weight }: { x: w.Tensor; weight: w.Tensor }) =>
      w.sum(w.conv2d(x, weight, { padding: 1 }).square()).mul(0.5),
    )({ x, weight })
    expect(kernels([gradients.weight])).toEqual([
      'pad',
      'map mul',
      'matmul b 3×2 then mul mul add',
      'matmul b 2×3',
      'sum',
    ])
    expectSameBits([gradients.weight, gradients.x])
  })

  it('of windows in groups is not made, the channels divided', () => {
    const y = w.conv2d(x, waves(6, 2, 2, 2), { groups: 2 })
    expect(kernels([y])).toEqual(['matmul b 3×2'])
    expectSameBits([y])
  })

  it('of merged heads is not made, and where one stride covers several axes they are one', () => {
    const heads = waves(3, 2, 5, 4).transpose([0, 2, 1, 3])
    const merged = heads.reshape([15, 8])
    expect(kernels([w.matmul(merged, waves(8, 3))])).toEqual(['matmul a 2×2'])
    expect(kernels([w.matmul(waves(2, 15), merged)])).toEqual(['matmul b 2×2'])
    expect(kernels([w.matmul(merged.transpose(), merged)])).toEqual(['matmul a 2×2 b 2×2'])
    expectSameBits([w.matmul(merged, waves(8, 3)), w.matmul(merged.transpose(), merged)])
    const rows = waves(3, 4, 5).transpose([1, 2, 0]).reshape([20, 3])
    expect(kernels([w.matmul(rows, waves(3, 2))])).toEqual(['matmul'])
  })

  it('of a copy is not made, but that copy is', () => {
    const merged = waves(3, 2, 5, 4).transpose([0, 2, 1, 3]).reshape([3, 5, 8])
    const again = merged.transpose([1, 0, 2]).reshape([15, 8])
    expect(kernels([again])).toEqual(['map', 'map'])
    expect(kernels([w.matmul(again, waves(8, 5))])).toEqual(['map', 'matmul a 2×1'])
    expectSameBits([w.matmul(again, waves(8, 5))])
  })

  it('is made where it is an output, or others read it too', () => {
    const merged = waves(3, 2, 5, 4).transpose([0, 2, 1, 3]).reshape([15, 8])
    const y = w.matmul(merged, waves(8, 3))
    expect(kernels([merged, y])).toEqual(['map', 'matmul'])
    expect(kernels([w.max(merged, { axis: 0 }), y])).toEqual(['map', 'matmul', 'max'])
  })

  it('is made where rows of the product begin between those of the copy, and where a batch would be several axes', () => {
    const turned = waves(4, 6).transpose()
    expect(kernels([w.matmul(turned.reshape([8, 3]), waves(3, 2))])).toEqual(['map', 'matmul'])
    const heads = waves(3, 2, 5, 4).transpose([0, 2, 1, 3]).reshape([15, 8])
    for (const part of [turned.reshape([4, 6]).slice([0, 0], [4, 4]), heads.slice([5, 0])]) {
      const y = w.matmul(waves(2, part.shape[0] as number), part)
      expect(kernels([y])).toEqual(['map', 'matmul'])
      expectSameBits([y])
    }
    // Windows of the copy go from one of its rows to the next.
    const windows = w.conv1d(waves(4, 3).transpose().reshape([1, 1, 12]).slice([0, 0, 0], [1, 1, 5]), waves(1, 1, 2))
    expect(kernels([windows])).toEqual(['map', 'matmul'])
    expectSameBits([windows])
    const batch = waves(5, 2, 4, 3).transpose([1, 0, 2, 3]).reshape([10, 4, 3])
    expect(kernels([w.matmul(batch, waves(3, 2))])).toEqual(['map', 'matmul'])
    expectSameBits([w.matmul(turned.reshape([8, 3]), waves(3, 2)), w.matmul(batch, waves(3, 2))])
  })

  it('is made for a product by kept blocks, which takes no map either', () => {
    const merged = waves(2, 3, 2, 2).transpose([0, 2, 1, 3]).reshape([4, 6])
    const y = w.blockMatmul(merged, waves(6, 2), w.tensor([true, false]), { size: 2 })
    expect(kernels([y.add(1)])).toEqual(['map', 'matmul', 'map add'])
  })
})

/** A way to see a tensor otherwise, as far as its shape allows. */
const views: readonly ((x: w.Tensor, seed: number) => w.Tensor)[] = [
  (x, seed) => x.transpose(x.shape.map((_, axis) => axis).sort((a, b) => ((a * 7 + seed) % 5) - ((b * 7 + seed) % 5))),
  (x, seed) => {
    const axis = seed % x.shape.length
    const [n = 1, next] = x.shape.slice(axis)
    return next === undefined ? x : x.reshape([...x.shape.slice(0, axis), n * next, ...x.shape.slice(axis + 2)])
  },
  (x, seed) => {
    const axis = seed % x.shape.length
    const n = x.shape[axis] as number
    const part = 2 + (seed % 2)
    return n % part === 0 ? x.reshape([...x.shape.slice(0, axis), part, n / part, ...x.shape.slice(axis + 1)]) : x
  },
  (x, seed) => {
    const axis = seed % x.shape.length
    const n = x.shape[axis] as number
    return n < 2
      ? x
      : x.slice(
          x.shape.map((_, i) => (i === axis ? seed % 2 : 0)),
          x.shape.with(axis, n - 1 + (seed % 2)),
        )
  },
  (x, seed) =>
    x.shape.length > 4
      ? x
      : x.expandDims(seed % x.shape.length).broadcastTo(x.shape.toSpliced(seed % x.shape.length, 0, 2)),
  (x, seed) => w.flip(x, { axis: seed % x.shape.length }),
]

/** The last two axes and those before them as one, for a product. */
const matrices = (x: w.Tensor, seed: number): w.Tensor => {
  const cut = 1 + (seed % Math.max(1, x.shape.length - 1))
  const batch = seed % 3 === 0 && cut > 1 ? [x.shape[0] as number] : []
  const size = (shape: readonly number[]): number => shape.reduce((n, m) => n * m, 1)
  return x.reshape([...batch, size(x.shape.slice(batch.length, cut)), size(x.shape.slice(cut))])
}

describe('products', () => {
  const steps = fc.array(fc.tuple(fc.nat(views.length - 1), fc.nat(30)), { minLength: 1, maxLength: 9 })
  const told = { programs: 0, grouped: 0, kept: 0 }

  test.prop([steps, fc.nat(30), fc.nat(30)])('of any view of a tensor have the same bits', (program, first, second) => {
    const seen = program.reduce(
      (x, [view, seed]) => (views[view] as (typeof views)[number])(x, seed),
      waves(4, 2, 6, 3),
    )
    const x = matrices(seen, first)
    const [rows, columns] = [x.shape.at(-2) as number, x.shape.at(-1) as number]
    const part =
      second % 2 === 0
        ? x
        : x.slice(
            x.shape.map(() => 0),
            x.shape.with(-2, Math.ceil(rows / 2)),
          )
    const y = [w.matmul(part, waves(columns, 3)), w.matmul(waves(2, part.shape.at(-2) as number), part)]
    const all = second % 3 === 0 ? [...y, w.matmul(x.transpose(), x)] : y
    const lines = kernels(all)
    told.programs++
    if (lines.some((line) => line.includes('×'))) told.grouped++
    if (lines.includes('map')) told.kept++
    expectSameBits(all)
  })

  it('read many views without a copy', () => {
    console.log(`${told.programs} products of views: ${told.grouped} by several axes, ${told.kept} of copies`)
    expect(told.grouped).toBeGreaterThan(0.1 * told.programs)
  })
})

describe('a map of a product', () => {
  const [a, b, c] = [waves(4, 3), waves(3, 6), waves(6, 4)]
  const product = w.matmul(a, b)
  const bias = waves(6)

  it('is part of the product', () => {
    const y = w.maximum(product.add(bias), 0)
    expect(kernels([y])).toEqual(['matmul then add maximum'])
    const { nodes } = schedule(record([y], { through: 'unknown' }), { fusesMatmul: true })
    const node = nodes.at(-1)
    expect(node).toMatchObject({ kernel: { batch: [], m: 4, n: 6 }, inputs: [0, 1, 2], scalars: [0] })
    expect(node?.kind === 'kernel' && node.kernel.kind === 'matmul' && node.kernel.epilogue).toEqual({
      shape: [4, 6],
      inputs: [
        { shape: [4, 6], strides: [6, 1], offset: 0, dtype: 'f32' },
        { shape: [4, 6], strides: [0, 1], offset: 0, dtype: 'f32' },
      ],
      scalars: ['f32'],
      steps: [
        { op: 'add', args: [0, 1], dtype: 'f32' },
        { op: 'maximum', args: [3, 2], dtype: 'f32' },
      ],
    })
    expectSameBits([y])
  })

  it('is so in any shape of as many elements in order, and where the other operand comes first', () => {
    const y = waves(2, 2, 6)
      .sub(product.reshape([2, 2, 6]))
      .mul(waves(2, 1, 6))
    expect(kernels([y])).toEqual(['matmul then sub mul'])
    expectSameBits([y])
    const x = waves(2, 4, 5, 5)
    const image = w.tanh(w.conv2d(x, waves(3, 4, 2, 2)).add(waves(3, 1, 1)))
    expect(kernels([image])).toEqual(['matmul b 3×2 then add tanh'])
    expectSameBits([image])
  })

  it('stays by itself where it reads a part of the product, in another order or repeated, or has another dtype', () => {
    expect(kernels([product.slice([0, 0], [2, 6]).exp()])).toEqual(['matmul', 'map exp'])
    expect(kernels([product.reshape([2, 2, 6]).transpose([1, 0, 2]).exp()])).toEqual(['matmul', 'map exp'])
    expect(kernels([w.matmul(a, waves(3, 1)).mul(waves(4, 5))])).toEqual(['matmul', 'map mul'])
    expect(kernels([product.less(bias)])).toEqual(['matmul', 'map less'])
    expect(kernels([product.cast('f64').exp()])).toEqual(['matmul', 'map cast exp'])
  })

  it('goes down the columns of a product that is computed transposed for it', () => {
    const y = product.transpose().mul(waves(6, 4))
    expect(kernels([y])).toEqual(['matmul then mul'])
    expectSameBits([y])
  })

  it('stores what others read too, the product itself among them', () => {
    const y = product.add(bias)
    expect(kernels([w.tanh(y), y])).toEqual(['matmul then add→1 tanh'])
    expect(kernels([product, w.tanh(product)])).toEqual(['matmul then cast→1 tanh'])
    expect(kernels([product, product])).toEqual(['matmul then cast→1 cast'])
    const root = y.exp()
    expect(kernels([w.matmul(y, c), w.matmul(root, c)])).toEqual(['matmul then add→1 exp', 'matmul', 'matmul'])
    expectSameBits([w.tanh(y), y, product, w.matmul(root, c)])
  })

  it('is computed once by the product, and not by each of its readers', () => {
    const y = product.add(waves(4, 6))
    expect(kernels([w.sum(y, { axis: 0 }), w.max(y)])).toEqual(['matmul then add', 'sum', 'max'])
    expect(kernels([w.sum(y.exp(), { axis: 0 }), w.max(y)])).toEqual(['matmul then add', 'sum exp', 'max'])
    // What a reduction alone reads is written and read once either way.
    expect(kernels([w.sum(y.exp(), { axis: 0 })])).toEqual(['matmul', 'sum add exp'])
  })

  it('of two products goes with the last, and with one alone', () => {
    const other = w.matmul(waves(4, 2), waves(2, 6))
    const y = w.sigmoid(other.add(product).add(bias))
    expect(kernels([y])).toEqual(['matmul', 'matmul then add add sigmoid'])
    const [gate, value] = [w.sigmoid(product.add(bias)), other.add(bias)]
    expect(kernels([gate.mul(value), gate, value])).toEqual(['matmul then add sigmoid', 'matmul then add→1 mul'])
    expectSameBits([y, gate.mul(value), gate, value])
  })

  it('stays where a kernel between the two needs the product', () => {
    const y = product.sub(w.max(product, { axis: 1, keepDims: true }))
    expect(kernels([y])).toEqual(['matmul', 'max', 'map sub'])
    const z = product.mul(w.sum(w.matmul(product, c)))
    expect(kernels([z])).toEqual(['matmul', 'matmul', 'sum', 'map mul'])
    expectSameBits([y, z])
  })

  it('may be a step of an optimizer', () => {
    const [p, m] = [waves(4, 6), waves(4, 6).mul(2)]
    const velocity = m.mul(0.9).add(product)
    const outputs = [p.sub(velocity.mul(0.1)), velocity]
    expect(kernels(outputs)).toEqual(['matmul then mul mul add→1 mul sub'])
    expectSameBits(outputs)
  })

  it('has no more than the buffers and steps that a backend says', () => {
    const others = Array.from({ length: 6 }, (_, i) =>
      waves(4, 6)
        .mul(i + 2)
        .exp(),
    )
    for (const other of others) other.dataSync({ backend: oracle })
    const y = others.reduce((sum, other) => sum.add(other), product)
    for (const maxBuffers of [3, 4, 8, 24]) {
      const { nodes } = schedule(record([y], { through: 'unknown' }), { fusesMatmul: true, maxBuffers })
      const sizes = nodes.flatMap((node) =>
        node.kind === 'kernel' ? [node.inputs.length + 1 + node.stored.length] : [],
      )
      expect(Math.max(...sizes)).toBeLessThanOrEqual(maxBuffers)
      expectSameBits([y], { maxBuffers })
    }
    expect(kernels([y], { maxBuffers: 9 })).toEqual(['matmul then add add add add add add'])
    expect(kernels([w.sin(product.exp())], { maxSteps: 1 })).toEqual(['matmul then exp', 'map sin'])
  })

  it('of nothing stays by itself', () => {
    expectSameBits([w.matmul(waves(0, 3), b).add(1), w.matmul(waves(4, 0), waves(0, 6)).add(bias)])
    expect(kernels([w.matmul(waves(0, 3), b).add(1)])).toEqual(['matmul', 'map add'])
  })
})
