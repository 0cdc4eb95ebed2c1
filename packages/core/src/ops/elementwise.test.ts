import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { broadcastableShapes, checkGradients, saturation, shapes, tensors } from '@wengert/gradcheck'
import { agrees, distance, fieldOf, mapFields } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

const sigmoid = (x: number): number => (x > 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
// An independent erf: the power series about 0, summed in f64; good to 1e-13 on the domain below.
const erf = (x: number): number => {
  let term = x
  let total = x
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n
    total += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * total
}

// An independent gamma: far up the axis Stirling's series needs three terms, and the recurrence leads there.
const lgamma = (x: number): number => {
  let steps = 0
  for (let k = 0; k < 100; k++) steps += Math.log(x + k)
  const z = x + 100
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + 1 / (12 * z) - 1 / (360 * z ** 3) - steps
}
const digamma = (x: number): number => {
  let steps = 0
  for (let k = 0; k < 100; k++) steps += 1 / (x + k)
  const z = x + 100
  return Math.log(z) - 1 / (2 * z) - 1 / (12 * z ** 2) + 1 / (120 * z ** 4) - steps
}
const trigamma = (x: number): number => {
  let steps = 0
  for (let k = 0; k < 100; k++) steps += 1 / (x + k) ** 2
  const z = x + 100
  return steps + 1 / z + 1 / (2 * z ** 2) + 1 / (6 * z ** 3) - 1 / (30 * z ** 5)
}

/** One row per function of one tensor: what it computes, where it may be sampled, where its kinks are. */
interface UnaryRow {
  readonly f: (x: w.Tensor) => w.Tensor
  readonly reference: (x: number) => number
  readonly domain?: w.Shape
  readonly avoid?: readonly number[]
  /** 0 where the derivative is 0 or none. @default 2 */
  readonly order?: 0 | 2
  /** Finite at ±1e4 in f32, in value and gradient. */
  readonly saturates?: true
}

const unary: Record<string, UnaryRow> = {
  neg: { f: (x) => x.neg(), reference: (x) => -x, saturates: true },
  abs: { f: (x) => x.abs(), reference: Math.abs, avoid: [0], saturates: true },
  square: { f: (x) => x.square(), reference: (x) => x * x, saturates: true },
  sqrt: { f: (x) => x.sqrt(), reference: Math.sqrt, domain: [0.1, 5] },
  exp: { f: (x) => x.exp(), reference: Math.exp },
  log: { f: (x) => x.log(), reference: Math.log, domain: [0.1, 5] },
  expm1: { f: w.expm1, reference: Math.expm1 },
  log1p: { f: w.log1p, reference: Math.log1p, domain: [-0.8, 4] },
  log1mExp: { f: w.log1mExp, reference: (x) => Math.log(1 - Math.exp(x)), domain: [-5, -0.1] },
  reciprocal: { f: w.reciprocal, reference: (x) => 1 / x, domain: [0.25, 4] },
  rsqrt: { f: w.rsqrt, reference: (x) => 1 / Math.sqrt(x), domain: [0.25, 4] },
  sin: { f: w.sin, reference: Math.sin },
  cos: { f: w.cos, reference: Math.cos },
  tan: { f: w.tan, reference: (x) => Math.sin(x) / Math.cos(x), domain: [-1.2, 1.2] },
  asin: { f: w.asin, reference: (x) => 2 * Math.atan(x / (1 + Math.sqrt(1 - x * x))), domain: [-0.9, 0.9] },
  acos: { f: w.acos, reference: (x) => 2 * Math.atan(Math.sqrt((1 - x) / (1 + x))), domain: [-0.9, 0.9] },
  atan: { f: w.atan, reference: (x) => Math.asin(x / Math.sqrt(1 + x * x)), saturates: true },
  sinh: { f: w.sinh, reference: (x) => (Math.exp(x) - Math.exp(-x)) / 2 },
  cosh: { f: w.cosh, reference: (x) => (Math.exp(x) + Math.exp(-x)) / 2 },
  tanh: { f: w.tanh, reference: Math.tanh, saturates: true },
  asinh: {
    f: w.asinh,
    reference: (x) => Math.sign(x) * Math.log(Math.abs(x) + Math.sqrt(x * x + 1)),
    saturates: true,
  },
  acosh: { f: w.acosh, reference: (x) => Math.log(x + Math.sqrt(x * x - 1)), domain: [1.25, 5] },
  atanh: { f: w.atanh, reference: (x) => Math.log((1 + x) / (1 - x)) / 2, domain: [-0.9, 0.9] },
  erf: { f: w.erf, reference: erf, saturates: true },
  erfc: { f: w.erfc, reference: (x) => 1 - erf(x), saturates: true },
  erfInv: { f: (x) => w.erf(w.erfInv(x)), reference: (x) => x, domain: [-0.99, 0.99] },
  lgamma: { f: w.lgamma, reference: lgamma, domain: [0.25, 6] },
  digamma: { f: w.digamma, reference: digamma, domain: [0.25, 6] },
  trigamma: { f: (x) => w.polygamma(1, x), reference: trigamma, domain: [0.25, 6] },
  sigmoid: { f: w.sigmoid, reference: sigmoid, saturates: true },
  softplus: { f: w.softplus, reference: softplus, saturates: true },
  logSigmoid: { f: w.logSigmoid, reference: (x) => -softplus(-x), saturates: true },
  relu: { f: w.relu, reference: (x) => Math.max(x, 0), avoid: [0], saturates: true },
  leakyRelu: { f: (x) => w.leakyRelu(x), reference: (x) => (x > 0 ? x : 0.01 * x), avoid: [0], saturates: true },
  elu: { f: (x) => w.elu(x), reference: (x) => (x > 0 ? x : Math.expm1(x)), avoid: [0], saturates: true },
  celu: {
    f: (x) => w.celu(x, { alpha: 0.5 }),
    reference: (x) => (x > 0 ? x : 0.5 * Math.expm1(2 * x)),
    avoid: [0],
    saturates: true,
  },
  selu: {
    f: w.selu,
    reference: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
    avoid: [0],
    saturates: true,
  },
  gelu: { f: (x) => w.gelu(x), reference: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)), saturates: true },
  geluTanh: {
    f: (x) => w.gelu(x, { approximate: true }),
    reference: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    saturates: true,
  },
  silu: { f: w.silu, reference: (x) => x * sigmoid(x), saturates: true },
  mish: { f: w.mish, reference: (x) => x * Math.tanh(softplus(x)), saturates: true },
  softsign: { f: w.softsign, reference: (x) => x / (1 + Math.abs(x)), avoid: [0], saturates: true },
  hardTanh: {
    f: w.hardTanh,
    reference: (x) => Math.max(-1, Math.min(x, 1)),
    avoid: [-1, 1],
    saturates: true,
  },
  clip: {
    f: (x) => w.clip(x, { min: -1, max: 2 }),
    reference: (x) => Math.max(-1, Math.min(x, 2)),
    avoid: [-1, 2],
    saturates: true,
  },
  sign: { f: w.sign, reference: Math.sign, avoid: [0], order: 0, saturates: true },
  floor: { f: w.floor, reference: Math.floor, avoid: [-3, -2, -1, 0, 1, 2, 3], order: 0, saturates: true },
  ceil: { f: w.ceil, reference: Math.ceil, avoid: [-3, -2, -1, 0, 1, 2, 3], order: 0, saturates: true },
  round: { f: w.round, reference: Math.round, avoid: [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], order: 0, saturates: true },
}

describe.each(Object.entries(unary))(
  '%s',
  (_, { f, reference, domain: [min, max] = [-3, 3], avoid = [], order = 2, saturates }) => {
    const options = { min: min as number, max: max as number, avoid }
    const values = shapes({ minSize: 0 }).chain((shape) => tensors(shape, options))

    test.prop([values])('computes its formula, in f64 and in f32', (x) => {
      const expected = mapFields(reference, fieldOf(x))
      expect(agrees(f(x), expected)).toBe(true)
      expect(agrees(f(x.cast('f32')), mapFields(reference, fieldOf(x.cast('f32'))), 2e-6)).toBe(true)
    })

    test.prop([values])('has right derivatives', (x) => {
      if (x.shape.includes(0)) expect(w.grad((v: w.Tensor) => w.sum(f(v)))(x).shape).toEqual(x.shape)
      else checkGradients(f, [x], { order: Math.max(order, 1) })
    })

    it('lets NaN through', () => {
      expect(f(w.tensor([Number.NaN])).item()).toBeNaN()
    })

    if (saturates)
      it('keeps value and gradient finite at saturation', () => {
        const x = w.tensor([...saturation])
        const gradient = w.grad((v: w.Tensor) => w.sum(f(v)))(x)
        expect(f(x).dataSync().every(Number.isFinite)).toBe(true)
        expect(gradient.dataSync().every(Number.isFinite)).toBe(true)
      })
  },
)

interface BinaryRow {
  readonly f: (a: w.Tensor, b: w.Tensor) => w.Tensor
  readonly reference: (a: number, b: number) => number
  readonly domain?: readonly [number, number]
  readonly order?: 0 | 2
}

const bool = (f: (a: number, b: number) => boolean) => (a: number, b: number) => Number(f(a, b))

const binary: Record<string, BinaryRow> = {
  add: { f: (a, b) => a.add(b), reference: (a, b) => a + b },
  sub: { f: (a, b) => a.sub(b), reference: (a, b) => a - b },
  mul: { f: (a, b) => a.mul(b), reference: (a, b) => a * b },
  div: { f: (a, b) => a.div(b), reference: (a, b) => a / b, domain: [0.5, 3] },
  pow: { f: (a, b) => a.pow(b), reference: (a, b) => a ** b, domain: [0.5, 3] },
  atan2: { f: w.atan2, reference: (a, b) => Math.atan(a / b), domain: [0.5, 3] },
  'atan2 on the left': {
    f: (a, b) => w.atan2(a, b.neg()),
    reference: (a, b) => Math.PI - Math.atan(a / b),
    domain: [0.5, 3],
  },
  hypot: { f: w.hypot, reference: (a, b) => Math.sqrt(a * a + b * b), domain: [0.5, 3] },
  logAddExp: { f: w.logAddExp, reference: (a, b) => Math.log(Math.exp(a) + Math.exp(b)) },
  xLogY: { f: w.xLogY, reference: (a, b) => a * Math.log(b), domain: [0.5, 3] },
  maximum: { f: w.maximum, reference: Math.max },
  minimum: { f: w.minimum, reference: Math.min },
  equal: { f: (a, b) => a.equal(b), reference: bool((a, b) => a === b), order: 0 },
  notEqual: { f: (a, b) => a.notEqual(b), reference: bool((a, b) => a !== b), order: 0 },
  less: { f: (a, b) => a.less(b), reference: bool((a, b) => a < b), order: 0 },
  lessEqual: { f: (a, b) => a.lessEqual(b), reference: bool((a, b) => a <= b), order: 0 },
  greater: { f: (a, b) => a.greater(b), reference: bool((a, b) => a > b), order: 0 },
  greaterEqual: { f: (a, b) => a.greaterEqual(b), reference: bool((a, b) => a >= b), order: 0 },
}

/** Two tensors whose shapes broadcast, with no element of one near an element of the other. */
const operands = (min: number, max: number) =>
  broadcastableShapes().chain(([s, t]) =>
    fc.tuple(
      tensors(s, { min, max }),
      tensors(t, { min, max }).map((b) => b.add(1 / 2048)),
    ),
  )

describe.each(Object.entries(binary))('%s', (_, { f, reference, domain: [min, max] = [-3, 3], order = 2 }) => {
  test.prop([operands(min, max)])('computes its formula with broadcasting', ([a, b]) => {
    expect(agrees(f(a, b), mapFields(reference, fieldOf(a), fieldOf(b)))).toBe(true)
  })

  test.prop([operands(min, max)])('reads operands through any layout', ([a, b]) => {
    const [x, y] = [backToFront(a), backToFront(b)]
    expect(agrees(f(x, y), mapFields(reference, fieldOf(x), fieldOf(y)))).toBe(true)
  })

  if (order > 0)
    test.prop([operands(min, max)])('has right derivatives', ([a, b]) => {
      checkGradients(f, [a, b])
    })
})

/** The same shape, read from a buffer with its axes in another order and a margin around it. */
function backToFront(x: w.Tensor): w.Tensor {
  const axes = x.shape.map((_, i) => x.shape.length - 1 - i)
  const turned = w.tensor(x.transpose(axes).dataSync(), { shape: axes.map((axis) => x.shape[axis] as number) })
  return turned.transpose(axes)
}

describe('numbers beside tensors', () => {
  test.prop([fc.double({ min: -1e3, max: 1e3, noNaN: true })])('act as scalars of the dtype of the tensor', (value) => {
    const x = w.tensor([1, 2, 3], { dtype: 'f64' })
    expect(distance(x.mul(value).add(value).dataSync(), [2 * value, 3 * value, 4 * value])).toBeLessThan(1e-14)
    expect(x.mul(value).dtype).toBe('f64')
  })

  it('must be integers beside i32', () => {
    const x = w.tensor([1, 2], { dtype: 'i32' })
    expect([...x.mul(3).dataSync()]).toEqual([3, 6])
    expect(() => x.mul(0.5)).toThrow(
      "mul: number must be a 32-bit integer beside an i32 tensor, got 0.5. Cast the tensor, e.g. x.cast('f32').",
    )
  })
})

describe('digits that the plain formula would lose', () => {
  const f64 = (...values: number[]) => w.tensor(values, { dtype: 'f64' })

  it('of log1mExp, near 0 and far below', () => {
    const y = w.log1mExp(f64(-1e-300, -1e-10, -50, -800)).dataSync()
    const truths = [-690.7755278982137, -23.025850929990458, -1.9287498479639178e-22, 0]
    expect(distance(y, truths)).toBeLessThan(1e-15)
    expect((y[2] as number) / (truths[2] as number)).toBeCloseTo(1, 14)
    const slope = w
      .grad((x: w.Tensor) => w.sum(w.log1mExp(x)))(f64(-1e-10, -50))
      .dataSync()
    expect(distance(slope, [-9999999999.5, -1.9287498479639178e-22])).toBeLessThan(1e-15)
  })

  it('of logAddExp, at 0 beside a small term and far from 0', () => {
    const y = w.logAddExp(f64(0, -1000, 1e16), f64(-50, -1000, 1.25)).dataSync()
    expect((y[0] as number) / 1.9287498479639178e-22).toBeCloseTo(1, 14)
    expect(distance(y, [0, Math.LN2 - 1000, 1e16])).toBeLessThan(1e-15)
    expect(w.logAddExp(f64(1.25), f64(-1e16)).item()).toBe(1.25)
  })

  it('of asinh, atanh, sinh near 0', () => {
    for (const f of [w.asinh, w.atanh, w.sinh, w.tan]) expect(f(f64(1e-12)).item()).toBe(1e-12)
  })

  it('of derivatives at arguments whose square overflows', () => {
    const x = f64(1e200)
    for (const f of [w.asinh, w.acosh])
      expect(
        w
          .grad((v: w.Tensor) => w.sum(f(v)))(x)
          .item(),
      ).toBeCloseTo(1e-200, 214)
    const slopes = w.grad(([a, b]: readonly [w.Tensor, w.Tensor]) => w.sum(w.atan2(a, b)))([x, x] as const)
    expect(slopes.map((g) => g.item() * 1e200)).toEqual([0.5, -0.5].map((v) => expect.closeTo(v, 14)))
  })
})

describe('options and arguments', () => {
  const x = w.tensor([1, 2])
  it.each([
    [() => w.clip(x, { min: 2, max: 1 }), 'clip: max must be at least min = 2, got 1.'],
    [() => w.celu(x, { alpha: 0 }), 'celu: alpha must be greater than 0, got 0.'],
    [() => w.polygamma(-1, x), 'polygamma: order must be an integer of at least 0, got -1.'],
    [() => w.polygamma(0.5, x), 'polygamma: order must be an integer of at least 0, got 0.5.'],
  ])('are checked: %s', (f, message) => {
    expect(f).toThrow(w.ValueError)
    expect(f).toThrow(message)
  })

  it('of ceil, digamma and others are named by the function that was called', () => {
    const n = w.tensor([1], { dtype: 'i32' })
    const functions = { ceil: w.ceil, digamma: w.digamma, hardTanh: w.hardTanh, log1mExp: w.log1mExp, rsqrt: w.rsqrt }
    for (const [name, f] of Object.entries(functions))
      expect(() => f(n)).toThrow(`${name}: x must be f16, f32 or f64, got i32 [1]. Cast it, e.g. x.cast('f32').`)
    expect(() => w.logAddExp(w.zeros([2, 3]), w.zeros([2]))).toThrow(
      'logAddExp: a and b must have shapes that broadcast',
    )
    expect(() => w.xLogY(n, n)).toThrow('xLogY: a must be f16, f32 or f64')
  })

  it('may be numbers beside tensors, and bounds of integers', () => {
    const a = w.tensor([0, 1], { dtype: 'f64' })
    expect(w.hypot(a, 1).dtype).toBe('f64')
    expect(distance(w.logAddExp(0, a).dataSync(), [Math.LN2, Math.log(1 + Math.E)])).toBeLessThan(1e-15)
    expect([...w.clip(w.tensor([-5, 0, 5], { dtype: 'i32' }), { min: -1, max: 2 }).dataSync()]).toEqual([-1, 0, 2])
    expect([...w.clip(a, { max: 0.5 }).dataSync(), ...w.clip(a).dataSync()]).toEqual([0, 0.5, 0, 1])
  })
})

test.prop([fc.integer({ min: 0, max: 4 }), fc.double({ min: 0.5, max: 4, noNaN: true })])(
  'each polygamma is the derivative of the one before',
  (order, at) => {
    checkGradients((x: w.Tensor) => w.polygamma(order, x), [w.tensor(at, { dtype: 'f64' })])
    const slope = w.grad((x: w.Tensor) => w.polygamma(order, x))(w.tensor(at, { dtype: 'f64' }))
    expect(slope.item()).toBe(w.polygamma(order + 1, w.tensor(at, { dtype: 'f64' })).item())
  },
)

describe('dtypes', () => {
  const kinds = ['bool', 'i32', 'f32', 'f64'] as const

  it('promote to the wider: bool < i32 < f32 < f64', () => {
    for (const [i, a] of kinds.entries())
      for (const [j, b] of kinds.entries()) {
        if (i + j === 0) continue
        const y = w.tensor([1], { dtype: a }).add(w.tensor([1], { dtype: b }))
        expect(y.dtype).toBe(kinds[Math.max(i, j)])
        expect(y.item()).toBe(2)
      }
  })

  it('have no arithmetic on bool alone, and no division of integers', () => {
    const t = w.tensor([true])
    const n = w.tensor([1], { dtype: 'i32' })
    expect(() => t.add(t)).toThrow(w.DTypeError)
    expect(() => n.div(n)).toThrow("div: a must be f16, f32 or f64, got i32 [1]. Cast it, e.g. a.cast('f32').")
    expect(() => w.sin(n)).toThrow(w.DTypeError)
    expect(() => n.and(n)).toThrow(w.DTypeError)
  })

  it('wrap around as 32-bit integers', () => {
    const big = w.tensor([2147483647, -2147483648, 123456789], { dtype: 'i32' })
    expect([...big.add(1).dataSync()]).toEqual([-2147483648, -2147483647, 123456790])
    expect([...big.mul(987654321).dataSync()]).toEqual(
      [2147483647, -2147483648, 123456789].map((v) => Math.imul(v, 987654321)),
    )
  })

  it('cast by truncation and saturation', () => {
    const x = w.tensor([1.9, -1.9, 3e9, -3e9, Number.NaN, 0])
    expect([...x.cast('i32').dataSync()]).toEqual([1, -1, 2147483647, -2147483648, 0, 0])
    expect([...x.cast('bool').dataSync()]).toEqual([1, 1, 1, 1, 1, 0])
    expect([...w.tensor([true, false]).cast('f64').dataSync()]).toEqual([1, 0])
  })
})

describe('where', () => {
  test.prop([operands(-3, 3)])('selects with broadcasting, in value and gradient', ([a, b]) => {
    const condition = a.less(b)
    const y = w.where(condition, a, b)
    expect(
      agrees(
        y,
        mapFields((c, p, q) => (c ? p : q), fieldOf(condition), fieldOf(a), fieldOf(b)),
      ),
    ).toBe(true)
    checkGradients((p: w.Tensor, q: w.Tensor) => w.where(condition, p.square(), q.mul(3)), [a, b])
  })

  it('never leaks NaN from the branch not taken', () => {
    const x = w.tensor([0, 2])
    const xLogX = (v: w.Tensor) => w.sum(w.where(v.equal(0), 0, v.mul(w.where(v.equal(0), 1, v).log())))
    expect(w.grad(xLogX)(x).dataSync()[0]).toBe(0)
    const naive = (v: w.Tensor) => w.sum(w.where(v.equal(0), 0, v.mul(v.log())))
    expect(naive(x).item()).toBeCloseTo(2 * Math.log(2), 6)
  })

  it('wants a bool condition and shapes that broadcast', () => {
    const x = w.tensor([1, 2])
    expect(() => w.where(x, 1, 2)).toThrow(w.DTypeError)
    expect(() => w.where(x.equal(1), w.zeros([3]), 0)).toThrow(w.ShapeError)
  })
})

it('shapes that do not broadcast name both shapes and the way out', () => {
  expect(() => w.zeros([2, 3]).add(w.zeros([2]))).toThrow(
    'add: a and b must have shapes that broadcast, got [2, 3] and [2]. ' +
      'Sizes must agree from the last axis backwards, or be 1; use reshape or expandDims to line them up.',
  )
})
