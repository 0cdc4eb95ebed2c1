import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, shapes, tensors } from '@wengert/gradcheck'
import { agrees, distance, fieldOf, reduceField } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

const total = (list: number[]): number => list.reduce((a, b) => a + b, 0)
const average = (list: number[]): number => total(list) / list.length

interface Row {
  readonly f: (x: w.Tensor, options?: w.ReduceOptions) => w.Tensor
  readonly reference: (values: number[]) => number
  /** What a reduction of nothing is, where it is defined. */
  readonly empty?: number
}

/** A norm of x moved off its kinks: off 0, and for ord Infinity off ties of x and −x. */
const lengthOf = (ord: number, by: number) => (x: w.Tensor, options?: w.ReduceOptions) =>
  w.norm(x.add(by), { ...options, ord })

const rows: Record<string, Row> = {
  sum: { f: w.sum, reference: total, empty: 0 },
  mean: { f: w.mean, reference: average },
  max: { f: w.max, reference: (list) => Math.max(...list) },
  min: { f: w.min, reference: (list) => Math.min(...list) },
  variance: { f: w.variance, reference: (list) => average(list.map((v) => (v - average(list)) ** 2)) },
  std: { f: w.std, reference: (list) => Math.sqrt(average(list.map((v) => (v - average(list)) ** 2))) },
  prod: { f: w.prod, reference: (list) => list.reduce((a, b) => a * b, 1), empty: 1 },
  norm: { f: lengthOf(2, 4), reference: (list) => Math.sqrt(total(list.map((v) => (v + 4) ** 2))), empty: 0 },
  'norm of ord 1': {
    f: lengthOf(1, 0.005),
    reference: (list) => total(list.map((v) => Math.abs(v + 0.005))),
    empty: 0,
  },
  'norm of ord Infinity': {
    f: lengthOf(Number.POSITIVE_INFINITY, 0.005),
    reference: (list) => Math.max(...list.map((v) => Math.abs(v + 0.005))),
  },
  logSumExp: { f: w.logSumExp, reference: (list) => Math.log(total(list.map(Math.exp))) },
}

/** A tensor whose elements differ, some of its axes, and an order of axes to read it in. */
const cases = shapes({ minRank: 1, maxRank: 4, maxSize: 3 }).chain((shape) =>
  fc.record({
    x: tensors(shape, { distinct: true }),
    axes: fc.subarray(
      shape.map((_, axis) => axis),
      { minLength: 1 },
    ),
    order: fc.shuffledSubarray(
      shape.map((_, axis) => axis),
      { minLength: shape.length },
    ),
  }),
)

describe.each(Object.entries(rows))('%s', (name, { f, reference, empty }) => {
  test.prop([cases, fc.boolean()])('reduces any axes of any layout', ({ x, axes, order }, keepDims) => {
    const view = x.transpose(order)
    expect(agrees(f(view, { axis: axes, keepDims }), reduceField(reference, fieldOf(view), axes, keepDims))).toBe(true)
    const single = view.cast('f32')
    expect(agrees(f(single, { axis: axes }), reduceField(reference, fieldOf(single), axes), 2e-6)).toBe(true)
  })

  test.prop([cases])('has right derivatives', ({ x, axes, order }) => {
    checkGradients((v: w.Tensor) => f(v.transpose(order), { axis: axes }), [x])
  })

  it('takes all axes without options, and negative ones', () => {
    const x = w.tensor([[1, 2, 4]], { dtype: 'f64' })
    expect(f(x).item()).toBeCloseTo(reference([1, 2, 4]), 12)
    expect(f(x, { axis: -1 }).shape).toEqual([1])
    expect(() => f(x, { axis: 2 })).toThrow(`axis must be an integer from -2 to 1 for a tensor of rank 2, got 2.`)
    expect(() => f(x, { axis: [0, -2] })).toThrow(w.ShapeError)
  })

  if (empty !== undefined)
    it(`of nothing is ${empty}`, () => {
      expect(f(w.zeros([0, 3]), { axis: 0 }).dataSync()).toEqual(new Float32Array(3).fill(empty))
      expect(f(w.zeros([0, 3]), { axis: 1, keepDims: true }).shape).toEqual([0, 1])
    })
  else
    it('of nothing is an error that says so', () => {
      if (name === 'logSumExp' || name === 'variance')
        expect(() => f(w.zeros([0, 3]), { axis: 0 })).toThrow(w.ShapeError)
      else {
        const fn = name.split(' ')[0]
        expect(() => f(w.zeros([0, 3]), { axis: 0 })).toThrow(
          `${fn}: x must have at least one element to reduce, got shape [0, 3]. The ${fn} of nothing is undefined; leave out empty batches.`,
        )
      }
    })
})

it('a long sum in f32 keeps its digits', () => {
  const x = w.full([1_000_003], 0.1)
  expect(w.sum(x).item()).toBeCloseTo(1_000_003 * Math.fround(0.1), -1)
  expect(w.mean(x).item()).toBeCloseTo(0.1, 7)
})

describe('integers and bools', () => {
  it('are counted and averaged', () => {
    const hits = w.tensor([true, false, true, true])
    expect(w.sum(hits).dtype).toBe('i32')
    expect(w.sum(hits).item()).toBe(3)
    expect(w.mean(hits).item()).toBe(0.75)
    expect(w.mean(w.tensor([1, 2], { dtype: 'i32' })).item()).toBe(1.5)
  })

  it('have extremes', () => {
    const x = w.tensor(
      [
        [5, -7],
        [2, 9],
      ],
      { dtype: 'i32' },
    )
    expect([...w.max(x, { axis: 0 }).dataSync()]).toEqual([5, 9])
    expect([...w.min(x, { axis: 1 }).dataSync()]).toEqual([-7, 2])
    expect(() => w.max(w.tensor([true]))).toThrow(w.DTypeError)
  })

  it('answer any and all', () => {
    const x = w.tensor([
      [true, false],
      [true, true],
    ])
    expect([...w.any(x, { axis: 1 }).dataSync()]).toEqual([1, 1])
    expect([...w.all(x, { axis: 1 }).dataSync()]).toEqual([0, 1])
    expect(() => w.any(w.tensor([1]))).toThrow(w.DTypeError)
  })
})

describe('prod', () => {
  test.prop([fc.array(fc.constantFrom(-2, 0, 1, 3), { minLength: 1, maxLength: 7 })])(
    'has right derivatives beside zeros',
    (list) => {
      const without = (...out: number[]) => list.reduce<number>((p, v, i) => (out.includes(i) ? p : p * v), 1)
      const x = w.tensor(list, { dtype: 'f64' })
      const slope = w.grad((v: w.Tensor) => w.prod(v))
      expect([...slope(x).dataSync()].map((v) => v + 0)).toEqual(list.map((_, i) => without(i) + 0))
      const bend = w
        .grad((v: w.Tensor) => w.sum(slope(v)))(x)
        .dataSync()
      expect([...bend].map((v) => v + 0)).toEqual(
        list.map((_, i) => total(list.map((_, j) => (i === j ? 0 : without(i, j)))) + 0),
      )
      if (list.length > 1) checkGradients((v: w.Tensor) => w.prod(v), [x], { order: 3 })
    },
  )

  it('multiplies integers, and bools as integers', () => {
    expect(w.prod(w.tensor([65536, 65537, 3], { dtype: 'i32' })).item()).toBe(Math.imul(65536 * 3, 65537))
    const hits = w.tensor([
      [true, true],
      [true, false],
    ])
    expect(w.prod(hits).dtype).toBe('i32')
    expect([...w.prod(hits, { axis: 1 }).dataSync()]).toEqual([1, 0])
    expect(w.prod(w.tensor(5)).item()).toBe(5)
    expect(w.prod(w.zeros([0, 2], { dtype: 'i32' }), { axis: 0 }).dtype).toBe('i32')
  })
})

describe('argMax', () => {
  test.prop([cases])('finds the greatest element', ({ x, axes: [axis = 0], order }) => {
    const view = x.transpose(order)
    const expected = reduceField((list) => list.indexOf(Math.max(...list)), fieldOf(view), [axis])
    expect(agrees(w.argMax(view, { axis }), expected)).toBe(true)
  })

  it('takes the first of equal elements, and the first NaN', () => {
    expect([
      ...w
        .argMax(
          w.tensor([
            [1, 3, 3],
            [Number.NaN, 5, Number.NaN],
            [1, Number.NaN, 9],
          ]),
        )
        .dataSync(),
    ]).toEqual([1, 0, 1])
    expect(w.argMax(w.tensor([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).item()).toBe(0)
  })
})

describe('argMin', () => {
  test.prop([cases])('finds the least element', ({ x, axes: [axis = 0], order }) => {
    const view = x.transpose(order)
    const expected = reduceField((list) => list.indexOf(Math.min(...list)), fieldOf(view), [axis])
    expect(agrees(w.argMin(view, { axis }), expected)).toBe(true)
  })

  it('takes the first of equal elements, and the first NaN', () => {
    const x = w.tensor([
      [3, 1, 1],
      [5, Number.NaN, Number.NaN],
    ])
    expect([...w.argMin(x).dataSync()]).toEqual([1, 1])
    expect(w.argMin(w.tensor([7, -2147483648], { dtype: 'i32' })).item()).toBe(1)
    expect(() => w.argMin(w.zeros([2, 0]))).toThrow('The argMin of nothing is undefined')
  })
})

describe('weightedMean', () => {
  test.prop([tensors([5]), tensors([5], { min: 0.1 })])('weights elements', (x, weights) => {
    const [xs, ws] = [[...x.dataSync()], [...weights.dataSync()]]
    const expected = total(xs.map((v, i) => v * (ws[i] as number))) / total(ws)
    expect(w.weightedMean(x, weights).item()).toBeCloseTo(expected, 10)
    expect(w.weightedMean(x, w.ones([5])).item()).toBeCloseTo(average(xs), 10)
    checkGradients(w.weightedMean, [x, weights])
  })

  it('wants one weight per element', () => {
    expect(() => w.weightedMean(w.zeros([3]), w.zeros([2]))).toThrow(w.ShapeError)
  })
})

describe('softmax and logSoftmax', () => {
  const probabilities = (list: number[]): number[] => list.map((v) => Math.exp(v) / total(list.map(Math.exp)))
  const batch = fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }))
    .chain(([b, k]) => tensors([b, k]))

  test.prop([batch])('normalise rows', (x) => {
    const k = x.shape[1] as number
    const data = [...x.dataSync()]
    const expected = data.flatMap((_, i) => (i % k === 0 ? probabilities(data.slice(i, i + k)) : []))
    expect(distance(w.softmax(x).dataSync(), expected)).toBeLessThan(1e-12)
    expect(distance(w.logSoftmax(x).dataSync(), expected.map(Math.log))).toBeLessThan(1e-12)
    expect(distance(w.softmax(x.transpose(), { axis: 0 }).transpose().dataSync(), expected)).toBeLessThan(1e-12)
  })

  test.prop([batch])('have right derivatives', (x) => {
    checkGradients((v: w.Tensor) => w.softmax(v), [x])
    checkGradients((v: w.Tensor) => w.logSoftmax(v, { axis: 0 }), [x])
  })

  test.prop([batch, fc.double({ min: -1e4, max: 1e4, noNaN: true })])(
    'do not see a shift of all logits',
    (x, shift) => {
      expect(distance(w.softmax(x.add(shift)).dataSync(), w.softmax(x).dataSync())).toBeLessThan(1e-10)
    },
  )
})
