import { cpu } from '@wengert/backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from './index.ts'

beforeAll(() => w.useBackend(cpu()))

/** What a function and its gradient are at a place where conventions differ. */
interface Convention {
  readonly f: (x: w.Tensor) => w.Tensor
  readonly at: readonly number[]
  readonly value?: readonly number[]
  readonly gradient: readonly number[]
}

const { NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number
const constant = (...values: number[]): w.Tensor => w.tensor(values, { dtype: 'f64' })

const conventions: Record<string, Convention> = {
  "relu'(0) = 0": { f: w.relu, at: [0], value: [0], gradient: [0] },
  "abs'(0) = 0": { f: (x) => x.abs(), at: [0], gradient: [0] },
  "leakyRelu'(0) is the negative slope": { f: (x) => w.leakyRelu(x, { slope: 0.25 }), at: [0], gradient: [0.25] },
  "elu'(0) is alpha": { f: (x) => w.elu(x, { alpha: 0.5 }), at: [0], gradient: [0.5] },
  "celu'(0) is 1": { f: (x) => w.celu(x, { alpha: 0.5 }), at: [0], value: [0], gradient: [1] },
  "hardTanh'(±1) = 0": { f: w.hardTanh, at: [-1, 0, 1], value: [-1, 0, 1], gradient: [0, 1, 0] },
  'clip has derivative 1 at both bounds': {
    f: (x) => w.clip(x, { min: -1, max: 2 }),
    at: [-1.5, -1, 2, 2.5],
    value: [-1, -1, 2, 2],
    gradient: [0, 1, 1, 0],
  },
  'floor, ceil and round are flat': {
    f: (x) => w.floor(x).add(w.ceil(x)).add(w.round(x)),
    at: [0.5, 1.5, 2],
    value: [1, 5, 6],
    gradient: [0, 0, 0],
  },
  'ties in max share the gradient': { f: (x) => w.max(x), at: [2, 2, 1], gradient: [0.5, 0.5, 0] },
  'ties in min share the gradient': { f: (x) => w.min(x), at: [1, 1, 1, 1], gradient: [0.25, 0.25, 0.25, 0.25] },
  'a tie in maximum gives half to each side': { f: (x) => w.maximum(x, 1), at: [1], value: [1], gradient: [0.5] },
  'a tie in minimum gives half to each side': { f: (x) => w.minimum(x, 1), at: [1], value: [1], gradient: [0.5] },
  'x^2 at 0 by pow': { f: (x) => x.pow(2), at: [0], value: [0], gradient: [0] },
  'x^1 at 0 by pow': { f: (x) => x.pow(1), at: [0], value: [0], gradient: [1] },
  'x^0 is 1 with gradient 0': { f: (x) => x.pow(0), at: [0, 3], value: [1, 1], gradient: [0, 0] },
  'variance of a constant has gradient 0': { f: (x) => w.variance(x), at: [3, 3, 3], value: [0], gradient: [0, 0, 0] },
  'std of a constant has gradient 0': { f: (x) => w.std(x), at: [3, 3, 3], value: [0], gradient: [0, 0, 0] },
  'norm at 0': { f: (x) => w.norm(x), at: [0, 0], value: [0], gradient: [0, 0] },
  'norm of ord 1 at 0': { f: (x) => w.norm(x, { ord: 1 }), at: [0, 2], value: [2], gradient: [0, 1] },
  'norm of ord Infinity at 0': { f: (x) => w.norm(x, { ord: high }), at: [0, 0], value: [0], gradient: [0, 0] },
  'norm of ord Infinity at a tie': {
    f: (x) => w.norm(x, { ord: high }),
    at: [-2, 2],
    value: [2],
    gradient: [-0.5, 0.5],
  },
  'cdist of equal points': {
    f: (x) => w.cdist(x.reshape([2, 2]), w.tensor([[1, 2]], { dtype: x.dtype })),
    at: [1, 2, 1, 4],
    value: [0, 2],
    gradient: [0, 0, 0, 1],
  },
  'cosineSimilarity with 0': {
    f: (x) => w.cosineSimilarity(x, w.tensor([0, 0], { dtype: x.dtype })),
    at: [3, 4],
    value: [0],
    gradient: [0, 0],
  },
  'hypot at (0, 0)': { f: (x) => w.hypot(x, 0), at: [0, 2], value: [0, 2], gradient: [0, 1] },
  'atan2 at (0, 0)': { f: (x) => w.atan2(x, x), at: [0], value: [0], gradient: [0] },
  'prod with one zero': { f: (x) => w.prod(x), at: [0, 2, 3], value: [0], gradient: [6, 0, 0] },
  'prod with two zeros': { f: (x) => w.prod(x), at: [0, 2, 0], value: [0], gradient: [0, 0, 0] },
  'logAddExp of two −∞': { f: (x) => w.logAddExp(x, low), at: [low, 2], value: [low, 2], gradient: [0, 1] },
  'logAddExp with ∞': { f: (x) => w.logAddExp(x, 1), at: [high, low], value: [high, 1], gradient: [1, 0] },
  'logAddExp at ±1e4': { f: (x) => w.logAddExp(x, 0), at: [1e4, -1e4], value: [1e4, 0], gradient: [1, 0] },
  'xLogY at a zero of x': {
    f: (x) => w.xLogY(x, w.tensor([0, -1, high, 1], { dtype: x.dtype })),
    at: [0, 0, 0, 0],
    value: [0, 0, 0, 0],
    gradient: [0, 0, 0, 0],
  },
  'xLogY at a zero of x has the slope log y': { f: (x) => w.xLogY(x, 2), at: [0], value: [0], gradient: [Math.LN2] },
  'x log x by xLogY': { f: (x) => w.xLogY(x, x), at: [0, 1], value: [0, 0], gradient: [0, 1] },
  'cumProd with a zero': { f: (x) => w.cumProd(x), at: [2, 0, 3], value: [2, 0, 0], gradient: [1, 8, 0] },
  'ties in cumMax go to the first': {
    f: (x) => w.cumMax(x),
    at: [1, 1, 2, 2],
    value: [1, 1, 2, 2],
    gradient: [2, 0, 2, 0],
  },
  'logCumSumExp from −∞ on': {
    f: (x) => w.logCumSumExp(x),
    at: [low, low, 2],
    value: [low, low, 2],
    gradient: [0, 0, 1],
  },
  'ties in sort keep their order': {
    f: (x) => w.sort(x).mul(w.arange(4, { start: 1, dtype: x.dtype })),
    at: [2, 1, 2, 1],
    value: [1, 2, 6, 8],
    gradient: [3, 1, 4, 2],
  },
  'ties in a descending sort keep their order': {
    f: (x) => w.sort(x, { descending: true }).mul(w.arange(4, { start: 1, dtype: x.dtype })),
    at: [2, 1, 2, 1],
    value: [2, 4, 3, 4],
    gradient: [1, 3, 2, 4],
  },
  'ties in topK go to the lowest index': { f: (x) => w.topK(x, 1).values, at: [1, 2, 2], gradient: [0, 1, 0] },
  'a tie in maxPool2d shares the gradient': {
    f: (x) => w.maxPool2d(x.reshape([1, 2]), [1, 2]),
    at: [3, 3],
    value: [3],
    gradient: [0.5, 0.5],
  },
  'logSumExp of all −∞': { f: (x) => w.logSumExp(x), at: [low, low], value: [low], gradient: [0, 0] },
  'logSumExp beside −∞': { f: (x) => w.logSumExp(x), at: [low, 2], value: [2], gradient: [0, 1] },
  'softmax of all −∞': {
    f: (x) => w.softmax(x).mul(w.tensor([1, 2])),
    at: [low, low],
    value: [0, 0],
    gradient: [0, 0],
  },
  'softplus at ±1e4': { f: w.softplus, at: [1e4, -1e4], value: [1e4, 0], gradient: [1, 0] },
  'logSigmoid at ±1e4': { f: w.logSigmoid, at: [1e4, -1e4], value: [0, -1e4], gradient: [0, 1] },
  'sigmoid at ±1e4': { f: w.sigmoid, at: [1e4, -1e4], value: [1, 0], gradient: [0, 0] },
  'silu at ±1e4': { f: w.silu, at: [1e4, -1e4], value: [1e4, 0], gradient: [1, 0] },
  'mish at ±1e4': { f: w.mish, at: [1e4, -1e4], value: [1e4, 0], gradient: [1, 0] },
  'gelu at ±1e4': { f: (x) => w.gelu(x), at: [1e4, -1e4], value: [1e4, 0], gradient: [1, 0] },
  'selu at 1e4': { f: w.selu, at: [1e4], gradient: [1.0507009873554805] },
  'erfc at ±1e4': { f: w.erfc, at: [1e4, -1e4], value: [0, 2], gradient: [0, 0] },
  'celu at ±1e4': { f: (x) => w.celu(x), at: [1e4, -1e4], value: [1e4, -1], gradient: [1, 0] },
  'where does not see the branch not taken': {
    f: (x) => w.where(x.lessEqual(0), 0, x.log()),
    at: [-1, 0, 1],
    value: [0, 0, 0],
    gradient: [0, 0, 1],
  },
  'x log x under where': {
    f: (x) => w.where(x.equal(0), 0, x.mul(x.log())),
    at: [0, 1],
    value: [0, 0],
    gradient: [0, 1],
  },
  'a norm under where': {
    f: (x) => {
      const squares = w.sum(x.square())
      return w.where(squares.equal(0), 0, squares.sqrt())
    },
    at: [0, 0],
    value: [0],
    gradient: [0, 0],
  },
  'where looks through views and broadcasting': {
    f: (x) => w.where(w.tensor([[true, false]]), 1, x.log().reshape([2, 1]).transpose().broadcastTo([3, 2]).div(x)),
    at: [0, 1],
    gradient: [0, 3],
  },
}

/** The sign of a zero is no part of a convention. */
const unsigned = (values: w.TypedArray): number[] => [...values].map((v) => v + 0)

describe.each(['f32', 'f64'] as const)('edge policy in %s', (dtype) => {
  it.each(Object.entries(conventions))('%s', (_, { f, at, value, gradient }) => {
    const x = w.tensor([...at], { dtype })
    if (value) expect(unsigned(f(x).dataSync())).toEqual(value)
    const slopes = w
      .grad((v: w.Tensor) => w.sum(f(v)))(x)
      .dataSync()
    expect(unsigned(slopes)).toEqual(gradient.map((v) => (dtype === 'f32' ? Math.fround(v) : v)))
  })
})

it('derivatives of any order, in both modes, do not see the branch not taken', () => {
  const f = (x: w.Tensor) => w.where(x.equal(0), 0, x.mul(x.log()))
  const [zero, two] = [w.tensor(0, { dtype: 'f64' }), w.tensor(2, { dtype: 'f64' })]
  expect(w.grad(w.grad(f))(zero).item()).toBe(0)
  expect(w.grad(w.grad(f))(two).item()).toBe(0.5)
  expect(w.jvp(f, [zero], [two])[1].item()).toBe(0)
  expect(w.jvp(f, [two], [two])[1].item()).toBeCloseTo(2 * (Math.log(2) + 1), 12)
})

it('the second derivative of x² by pow is 2, at 0 too', () => {
  const square = (x: w.Tensor) => x.pow(2)
  for (const x of [0, 3]) expect(w.grad(w.grad(square))(w.tensor(x)).item()).toBe(2)
})

it('second derivatives are finite at the points of these conventions', () => {
  const second = (f: (x: w.Tensor) => w.Tensor, ...at: number[]): number[] => {
    const slope = w.grad((x: w.Tensor) => w.sum(f(x)))
    return [
      ...w
        .grad((x: w.Tensor) => w.sum(slope(x)))(constant(...at))
        .dataSync(),
    ].map((v) => v + 0)
  }
  expect(second((x) => w.norm(x), 0, 0)).toEqual([0, 0])
  expect(second((x) => w.std(x), 3, 3)).toEqual([0, 0])
  expect(second((x) => w.hypot(x, 0), 0)).toEqual([0])
  expect(second((x) => w.atan2(x, x), 0)).toEqual([0])
  expect(second((x) => w.cdist(x.reshape([1, 2]), w.zeros([1, 2], { dtype: 'f64' })), 0, 0)).toEqual([0, 0])
  expect(second((x) => w.logAddExp(x, low), low)).toEqual([0])
  // Smooth where both are equal: σ'(0) = ¼.
  expect(second((x) => w.logAddExp(x, 0), 0)).toEqual([0.25])
  // The sum over the Hessian of x₀ x₁ x₂, by rows.
  expect(second((x) => w.prod(x), 0, 0, 3)).toEqual([3, 3, 0])
})

it('hypot neither overflows nor underflows', () => {
  const x = constant(3e200, 3e-200)
  const [large, small] = w.hypot(x, constant(4e200, 4e-200)).dataSync() as Float64Array
  expect((large as number) / 5e200).toBeCloseTo(1, 14)
  expect((small as number) / 5e-200).toBeCloseTo(1, 14)
  const slopes = w
    .grad((v: w.Tensor) => w.sum(w.hypot(v, constant(4e200, 4e-200))))(x)
    .dataSync()
  for (const slope of slopes) expect(slope).toBeCloseTo(0.6, 14)
})

it('argSort puts NaN last, either way', () => {
  const x = w.tensor([Number.NaN, 1, high, Number.NaN, low, 1])
  expect([...w.argSort(x).dataSync()]).toEqual([4, 1, 5, 2, 0, 3])
  expect([...w.argSort(x, { descending: true }).dataSync()]).toEqual([2, 1, 5, 4, 0, 3])
})
