import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients } from '@wengert/gradcheck'
import { agrees, describeErrors, type Field, fieldOf, indices, laidOut } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

/** How a window moves along one axis, in numbers. */
interface Along {
  readonly size: number
  readonly kernel: number
  readonly stride: number
  readonly before: number
  readonly after: number
  readonly dilation: number
}

function countOf({ size, kernel, stride, before, after, dilation }: Along): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1
}

/** Positions in x of window `o`, by position in the kernel; those in the padding are outside x. */
function positionsOf(space: readonly Along[], o: readonly number[]): [inKernel: number[], inImage: number[]][] {
  return indices(space.map(({ kernel }) => kernel)).map((k) => [
    k,
    space.map(({ stride, dilation, before }, i) => (o[i] as number) * stride + (k[i] as number) * dilation - before),
  ])
}

const inside = (space: readonly Along[], at: readonly number[]): boolean =>
  at.every((i, axis) => i >= 0 && i < (space[axis] as Along).size)

/** The definition, in loops. */
function convolution(x: Field, weight: Field, space: readonly Along[], groups: number): Field {
  const [B = 0] = x.shape
  const [O = 0, perGroup = 0] = weight.shape
  return {
    shape: [B, O, ...space.map(countOf)],
    at: ([b = 0, o = 0, ...window]) => {
      const first = Math.floor(o / (O / groups)) * perGroup
      let total = 0
      for (let c = 0; c < perGroup; c++)
        for (const [k, at] of positionsOf(space, window))
          if (inside(space, at)) total += x.at([b, first + c, ...at]) * weight.at([o, c, ...k])
      return total
    },
  }
}

const along = (padded: boolean, least = 1): fc.Arbitrary<Along> =>
  fc
    .record({
      size: fc.integer({ min: least, max: 5 }),
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      before: fc.nat({ max: padded ? 2 : 0 }),
      dilation: fc.integer({ min: 1, max: 2 }),
    })
    .map((record) => ({ ...record, after: record.before }))
    .filter((a) => countOf(a) > 0)

const convolutions = (rank: 1 | 2) =>
  fc
    .record({
      space: fc.tuple(...Array.from({ length: rank }, () => along(true))),
      B: fc.integer({ min: 0, max: 2 }),
      groups: fc.integer({ min: 1, max: 2 }),
      perGroup: fc.integer({ min: 1, max: 2 }),
      outs: fc.integer({ min: 1, max: 2 }),
    })
    .chain(({ space, B, groups, perGroup, outs }) =>
      fc.record({
        x: laidOut([B, groups * perGroup, ...space.map(({ size }) => size)]),
        weight: laidOut([groups * outs, perGroup, ...space.map(({ kernel }) => kernel)]),
        space: fc.constant(space),
        groups: fc.constant(groups),
      }),
    )

type Case = typeof convolutions extends (rank: 1 | 2) => fc.Arbitrary<infer C> ? C : never

const list = (space: readonly Along[], key: keyof Along): [number, number] =>
  space.map((a) => a[key]) as [number, number]

function convolve({ space, groups }: Case, x: w.Tensor, weight: w.Tensor): w.Tensor {
  const [stride, padding, dilation] = [list(space, 'stride'), list(space, 'before'), list(space, 'dilation')]
  return space.length === 1
    ? w.conv1d(x, weight, { stride: stride[0], padding: padding[0], dilation: dilation[0], groups })
    : w.conv2d(x, weight, { stride, padding, dilation, groups })
}

describe.each([1, 2] as const)('conv%id', (rank) => {
  test.prop([convolutions(rank)])('agrees with loops', (c) => {
    const expected = convolution(fieldOf(c.x), fieldOf(c.weight), c.space, c.groups)
    expect(agrees(convolve(c, c.x, c.weight), expected)).toBe(true)
  })

  test.prop([convolutions(rank).filter(({ x }) => x.shape[0] === 1)], { numRuns: 30 })('has right derivatives', (c) => {
    checkGradients((x: w.Tensor, weight: w.Tensor) => convolve(c, x, weight), [c.x, c.weight])
  })
})

describe("padding 'same'", () => {
  test.prop([fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })])(
    'keeps the size, with an odd zero at the end',
    (size, kernel, dilation) => {
      const x = w.normal(w.key(size), [1, 1, size], { dtype: 'f64' })
      const weight = w.normal(w.key(9), [1, 1, kernel], { dtype: 'f64' })
      const total = dilation * (kernel - 1)
      const [before, after] = [Math.floor(total / 2), Math.ceil(total / 2)]
      const space = [{ size, kernel, stride: 1, before, after, dilation }]
      const y = w.conv1d(x, weight, { padding: 'same', dilation })
      expect(y.shape).toEqual(x.shape)
      expect(agrees(y, convolution(fieldOf(x), fieldOf(weight), space, 1))).toBe(true)
    },
  )

  it("and 'valid' hold for images", () => {
    const [x, weight] = [w.ones([2, 3, 5, 4]), w.ones([6, 3, 2, 3])]
    expect(w.conv2d(x, weight, { padding: 'same' }).shape).toEqual([2, 6, 5, 4])
    expect(w.conv2d(x, weight, { padding: 'valid' }).shape).toEqual([2, 6, 4, 2])
  })
})

const pools: Record<string, { f: typeof w.maxPool2d; reduce: (values: number[], all: number) => number }> = {
  maxPool2d: { f: w.maxPool2d, reduce: (values) => Math.max(...values) },
  avgPool2d: { f: w.avgPool2d, reduce: (values, all) => values.reduce((a, b) => a + b, 0) / all },
}

describe.each(Object.entries(pools))('%s', (_, { f, reduce }) => {
  const halves = along(true).filter(({ before, kernel, dilation }) => dilation === 1 && 2 * before <= kernel)
  const cases = fc
    .record({ space: fc.tuple(halves, halves), lead: fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 2 }) })
    .chain(({ space, lead }) =>
      fc.record({
        x: laidOut([...lead, ...space.map(({ size }) => size)], { distinct: true }),
        space: fc.constant(space),
      }),
    )
  const pool = (x: w.Tensor, space: readonly Along[]): w.Tensor =>
    f(x, list(space, 'kernel'), { stride: list(space, 'stride'), padding: list(space, 'before') })

  test.prop([cases])('agrees with loops', ({ x, space }) => {
    const { at } = fieldOf(x)
    const expected: Field = {
      shape: [...x.shape.slice(0, -2), ...space.map(countOf)],
      at: (index) => {
        const all = positionsOf(space, index.slice(-2)).map(([, place]) => place)
        const values = all.filter((place) => inside(space, place)).map((place) => at([...index.slice(0, -2), ...place]))
        return reduce(values, all.length)
      },
    }
    expect(agrees(pool(x, space), expected)).toBe(true)
  })

  test.prop([cases], { numRuns: 50 })('has right derivatives', ({ x, space }) => {
    checkGradients((v: w.Tensor) => pool(v, space).square(), [x])
  })

  it('moves by whole windows without options', () => {
    expect(f(w.zeros([3, 4, 6]), 2).shape).toEqual([3, 2, 3])
    expect(f(w.zeros([3, 4, 6]), [1, 5]).shape).toEqual([3, 4, 1])
  })
})

describe.each([
  ['maxPool1d', w.maxPool1d, w.maxPool2d],
  ['avgPool1d', w.avgPool1d, w.avgPool2d],
] as const)('%s', (_, f, ofImages) => {
  const cases = along(true)
    .filter(({ before, kernel, dilation }) => dilation === 1 && 2 * before <= kernel)
    .chain((space) => fc.tuple(laidOut([2, space.size], { distinct: true }), fc.constant(space)))

  test.prop([cases])('is that of images one row high', ([x, { kernel, stride, before }]) => {
    const rows = ofImages(x.expandDims(1), [1, kernel], { stride: [1, stride], padding: [0, before] })
    expect(agrees(f(x, kernel, { stride, padding: before }), fieldOf(rows.squeeze(1)))).toBe(true)
  })

  test.prop([cases], { numRuns: 20 })('has right derivatives', ([x, { kernel, stride, before }]) => {
    checkGradients((v: w.Tensor) => f(v, kernel, { stride, padding: before }).square(), [x])
  })

  it('moves by whole windows without options', () => {
    expect(f(w.zeros([3, 4, 6]), 2).shape).toEqual([3, 4, 3])
    expect(f(w.zeros([7]), 3).shape).toEqual([2])
  })
})

const image = w.zeros([1, 4, 5, 5])

describeErrors('convolution', {
  'conv2d: x and weight must have shapes [B, C, H, W] and [O, C / groups, I, J] with C and O divisible by groups, got [1, 4, 5, 5] and [2, 4, 3] with groups 1.':
    () => w.conv2d(image, w.zeros([2, 4, 3])),
  'conv2d: x and weight must have shapes [B, C, H, W] and [O, C / groups, I, J] with C and O divisible by groups, got [1, 4, 5, 5] and [2, 4, 3, 3] with groups 2.':
    () => w.conv2d(image, w.zeros([2, 4, 3, 3]), { groups: 2 }),
  'conv1d: x and weight must have shapes [B, C, T] and [O, C / groups, K] with C and O divisible by groups, got [4, 5] and [2, 4, 3] with groups 1.':
    () => w.conv1d(w.zeros([4, 5]), w.zeros([2, 4, 3])),
  'conv2d: weight must reach over at least one and at most [5, 5] elements, the size of x [1, 4, 5, 5] with its padding, got [3, 7]. Add padding, or use a smaller weight or dilation.':
    () => w.conv2d(image, w.zeros([2, 4, 3, 4]), { dilation: [1, 2] }),
  "conv2d: stride must be 1 where padding is 'same', got 2. Give padding as numbers.": () =>
    w.conv2d(image, w.zeros([2, 4, 3, 3]), { stride: [1, 2], padding: 'same' }),
  'conv2d: stride must be an integer of at least 1 or 2 of them, got 0.': () =>
    w.conv2d(image, w.zeros([2, 4, 3, 3]), { stride: 0 }),
  'conv1d: padding must be an integer of at least 0, got -1.': () =>
    w.conv1d(w.zeros([1, 1, 3]), w.zeros([1, 1, 1]), { padding: -1 }),
  "conv1d: x must be f16, f32 or f64, got i32 [1, 1, 3]. Cast it, e.g. x.cast('f32').": () =>
    w.conv1d(w.zeros([1, 1, 3], { dtype: 'i32' }), w.zeros([1, 1, 1], { dtype: 'i32' })),
  'maxPool2d: padding must be at most half of the kernel [2, 2], got [2, 2]. A window would hold nothing but padding.':
    () => w.maxPool2d(image, 2, { padding: 2 }),
  'avgPool2d: kernel must reach over at least one and at most [5, 5] elements, the size of x [1, 4, 5, 5] with its padding, got [6, 6]. Add padding, or use a smaller kernel or dilation.':
    () => w.avgPool2d(image, 6),
  'maxPool1d: x must have shape [...S, T], got [].': () => w.maxPool1d(w.zeros([]), 1),
  'avgPool1d: stride must be an integer of at least 1, got 0.': () => w.avgPool1d(w.zeros([3]), 1, { stride: 0 }),
  'maxPool2d: x must have shape [...S, H, W], got [3].': () => w.maxPool2d(w.zeros([3]), 1),
})
