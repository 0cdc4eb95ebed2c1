import * as w from '@wengert/core'
import { floats, input, strided } from './inputs.ts'
import type { Row } from './programs.ts'

const ragged: readonly w.Shape[] = [[], [1], [7], [0], [3, 5], [0, 3], [2, 1, 4], [257], [1031], [3, 1031], [1031, 3]]

// Every scalar function has a row, which the compiler sees to; the bools stand under logic, polygamma under digamma.

export const unary: Record<
  Exclude<w.UnaryScalar, 'not'> | 'digamma',
  readonly [f: (x: w.Tensor) => w.Tensor, range?: readonly [number, number]]
> = {
  neg: [(x) => x.neg()],
  abs: [(x) => x.abs()],
  sign: [w.sign],
  floor: [w.floor],
  round: [w.round],
  exp: [(x) => x.exp()],
  expm1: [w.expm1],
  log: [(x) => x.log(), [0.1, 5]],
  log1p: [w.log1p, [-0.8, 4]],
  sqrt: [(x) => x.sqrt(), [0, 9]],
  sin: [w.sin],
  cos: [w.cos],
  tan: [w.tan, [-1.4, 1.4]],
  asin: [w.asin, [-0.99, 0.99]],
  acos: [w.acos, [-0.99, 0.99]],
  atan: [w.atan],
  sinh: [w.sinh],
  cosh: [w.cosh],
  tanh: [w.tanh],
  asinh: [w.asinh],
  acosh: [w.acosh, [1.1, 5]],
  atanh: [w.atanh, [-0.9, 0.9]],
  sigmoid: [w.sigmoid],
  softplus: [w.softplus],
  erf: [w.erf],
  erfc: [w.erfc],
  erfInv: [w.erfInv, [-0.95, 0.95]],
  lgamma: [w.lgamma, [0.2, 6]],
  digamma: [w.digamma, [0.2, 6]],
  isFinite: [w.isFinite],
}

export const binary: Record<
  Exclude<w.BinaryScalar, 'and' | 'or' | 'polygamma'>,
  readonly [f: (a: w.Tensor, b: w.Tensor) => w.Tensor, range?: readonly [number, number]]
> = {
  add: [(a, b) => a.add(b)],
  sub: [(a, b) => a.sub(b)],
  mul: [(a, b) => a.mul(b)],
  div: [(a, b) => a.div(b), [0.5, 3]],
  pow: [(a, b) => a.pow(b), [0.5, 3]],
  maximum: [w.maximum],
  minimum: [w.minimum],
  atan2: [w.atan2],
  hypot: [w.hypot],
  equal: [(a, b) => a.equal(b)],
  notEqual: [(a, b) => a.notEqual(b)],
  less: [(a, b) => a.less(b)],
  lessEqual: [(a, b) => a.lessEqual(b)],
}

/** Programs of single functions, and some of many, with broadcast and strided inputs. */
export function* maps(): Generator<Row> {
  for (const dtype of floats) {
    for (const [name, [f, range]] of Object.entries(unary))
      yield [`${name} in ${dtype}`, () => ragged.map((shape) => f(input(shape, { dtype, ...(range && { range }) })))]
    for (const [name, [f, range]] of Object.entries(binary)) {
      const options = { dtype, ...(range && { range }) }
      yield [
        `${name} in ${dtype}, broadcast and strided`,
        () => [
          f(input([3, 5], options), input([5], { ...options, seed: 1 })),
          f(input([4, 1, 3], options), input([2, 1], { ...options, seed: 1 })),
          f(input([], options), input([1031], { ...options, seed: 1 })),
          f(strided([5, 7], options), strided([7], { ...options, seed: 1 })),
          f(input([0, 3], options), input([3], { ...options, seed: 1 })),
        ],
      ]
    }
    yield [
      `a chain of 100 functions in ${dtype}`,
      () => {
        let x = input([1031], { dtype })
        for (let i = 0; i < 50; i++) x = w.sin(x.mul(1 + i / 100)).add(0.1)
        return [x]
      },
    ]
    yield [
      `a map of 20 inputs in ${dtype}`,
      () => [Array.from({ length: 20 }, (_, seed) => input([33], { dtype, seed })).reduce((a, b) => a.mul(0.5).add(b))],
    ]
    yield [
      `where in ${dtype}`,
      () => [w.where(input([3, 1], { dtype: 'bool' }), input([5], { dtype }), input([3, 5], { dtype, seed: 1 }))],
    ]
  }
  yield [
    'integer arithmetic',
    () => {
      const [a, b] = [input([100], { dtype: 'i32' }), input([100], { dtype: 'i32', seed: 1 })]
      const big = w.tensor([2147483647, -2147483648, 123456789], { dtype: 'i32' })
      return [
        a.add(b),
        a.sub(b),
        a.mul(b),
        a.neg(),
        a.abs(),
        w.maximum(a, b),
        a.less(b),
        big.add(1),
        big.mul(987654321),
      ]
    },
  ]
  yield [
    'logic',
    () => {
      const [a, b] = [input([100], { dtype: 'bool' }), input([100], { dtype: 'bool', seed: 1 })]
      return [a.and(b), a.or(b), a.not(), a.equal(b)]
    },
  ]
  for (const from of ['bool', 'i32', 'f32', 'f64'] as const)
    for (const to of ['bool', 'i32', 'f32', 'f64'] as const)
      yield [`cast from ${from} to ${to}`, () => [input([100], { dtype: from }).cast(to)]]
  yield ['casts saturate', () => [w.tensor([3e9, -3e9, 1.9, -1.9]).cast('i32')]]
}
