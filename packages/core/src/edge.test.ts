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

const { NEGATIVE_INFINITY: low } = Number

const conventions: Record<string, Convention> = {
  "relu'(0) = 0": { f: w.relu, at: [0], value: [0], gradient: [0] },
  "abs'(0) = 0": { f: (x) => x.abs(), at: [0], gradient: [0] },
  "leakyRelu'(0) is the negative slope": { f: (x) => w.leakyRelu(x, { slope: 0.25 }), at: [0], gradient: [0.25] },
  "elu'(0) is alpha": { f: (x) => w.elu(x, { alpha: 0.5 }), at: [0], gradient: [0.5] },
  'ties in max share the gradient': { f: (x) => w.max(x), at: [2, 2, 1], gradient: [0.5, 0.5, 0] },
  'ties in min share the gradient': { f: (x) => w.min(x), at: [1, 1, 1, 1], gradient: [0.25, 0.25, 0.25, 0.25] },
  'a tie in maximum gives half to each side': { f: (x) => w.maximum(x, 1), at: [1], value: [1], gradient: [0.5] },
  'a tie in minimum gives half to each side': { f: (x) => w.minimum(x, 1), at: [1], value: [1], gradient: [0.5] },
  'x^2 at 0 by pow': { f: (x) => x.pow(2), at: [0], value: [0], gradient: [0] },
  'x^1 at 0 by pow': { f: (x) => x.pow(1), at: [0], value: [0], gradient: [1] },
  'x^0 is 1 with gradient 0': { f: (x) => x.pow(0), at: [0, 3], value: [1, 1], gradient: [0, 0] },
  'variance of a constant has gradient 0': { f: (x) => w.variance(x), at: [3, 3, 3], value: [0], gradient: [0, 0, 0] },
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
