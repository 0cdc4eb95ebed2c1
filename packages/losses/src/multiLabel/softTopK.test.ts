import { fc, test } from '@fast-check/vitest'
import { full, grad, jacobian, matmul, sigmoid, sum, type Tensor, take, tensor, topK, where } from '@wengert/core'
import { checkCustomVjp, checkGradients, dyadics, laws, logits, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { logSoftTopK } from './logSoftTopK.ts'
import { softTopK } from './softTopK.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const low = Number.NEGATIVE_INFINITY
const sizes = fc.constantFrom(2, 5)
const temperatures = fc.constantFrom(0.125, 0.75, 2, 40)
/** A row and a k between 0 and its length, whole or not. */
const rowAndK = (rows = logits): fc.Arbitrary<[Tensor, number]> =>
  sizes.chain((n) =>
    fc.tuple(rows([n]), fc.oneof(fc.integer({ min: 1, max: n - 1 }), dyadics({ min: 1 / 8, max: n - 1 / 8 }))),
  )
const n = (x: Tensor): number => x.shape.at(-1) as number
/** Rounding of thresholds ±10⁴. */
const tolerance = 1e-10

/** The threshold that solves the equation by bisection in plain numbers, between sums that keep their digits. */
function plain(x: readonly number[], k: number): number[] {
  const excess = (s: number): number => {
    const above = x.filter((v) => v >= s)
    const lacking = above.reduce((total, v) => total + 1 / (1 + Math.exp(v - s)), 0)
    const there = x.filter((v) => v < s).reduce((total, v) => total + 1 / (1 + Math.exp(s - v)), 0)
    return above.length - k - lacking + there
  }
  let [a, b] = [Math.min(...x) - 50, Math.max(...x) + 50]
  for (let i = 0; i < 200; i++) {
    const middle = (a + b) / 2
    if (excess(middle) > 0) a = middle
    else b = middle
  }
  return x.map((v) => 1 / (1 + Math.exp(a - v)))
}

const counted = fc
  .tuple(fc.constantFrom(1, 2), sizes)
  .chain(([B, n]) => fc.tuple(logits([B, n]), tensors([B], { min: 0, max: n })))
const soft = (x: Tensor, k: Tensor): Tensor => softTopK(x, k)

describeLoss(soft, {
  name: 'softTopK',
  share: 0.25,
  args: counted,
  smooth: fc
    .tuple(fc.constantFrom(1, 2), sizes)
    .chain(([B, n]) => fc.tuple(tensors([B, n]), tensors([B], { min: 0.25, max: n - 0.25 }))),
  laws: {
    'lies from 0 to 1': laws.bounded(soft, { min: 0, max: 1 }),
    'sums to k': (x, k) => {
      expectClose(sum(soft(x, k), { axis: -1 }), k, tolerance)
    },
    'does not change when a row is shifted': laws.shiftInvariant(soft, { by: 1024, tolerance }),
    'is 1 less that of the complement': (x, k) => {
      expectClose(soft(x.neg(), k.neg().add(n(x))), soft(x, k).neg().add(1), tolerance)
    },
    'has a gradient that sums to 0 over a row': (x, k) => {
      const weights = x.sub(1).square().add(1)
      const g = grad((z: Tensor) => sum(soft(z, k).mul(weights)))(x)
      expectClose(sum(g, { axis: -1 }).div(sum(weights)), 0)
    },
  },
})

describe('softTopK', () => {
  test.prop([rowAndK(tensors)])('solves the equation', ([x, k]) => {
    expectClose(softTopK(x, k), f64(...plain(values(x), k)), 1e-11)
  })

  test.prop([rowAndK()])('keeps the order of a row, and equal elements equal', ([x, k]) => {
    const [xs, ys] = [values(x), values(softTopK(x, k))]
    xs.forEach((a, i) => {
      xs.forEach((b, j) => {
        if (a >= b) expect(ys[i]).toBeGreaterThanOrEqual(ys[j] as number)
      })
    })
  })

  test.prop([rowAndK().chain(([x, k]) => fc.tuple(fc.constant(x), fc.constant(k), permutations(n(x))))])(
    'keeps to the elements wherever they stand',
    ([x, k, order]) => {
      expectClose(softTopK(take(x, order), k), take(softTopK(x, k), order), tolerance)
    },
  )

  test.prop([rowAndK(), temperatures])('divides by the temperature', ([x, k], temperature) => {
    expectClose(softTopK(x, k, { temperature }), softTopK(x.div(temperature), k), tolerance)
  })

  test.prop([dyadics(), sizes, fc.constantFrom(0.5, 1, 1.75)])('gives equal elements k / n', (v, n, k) => {
    expectClose(softTopK(full([n], v, { dtype: 'f64' }), k), k / n)
  })

  test.prop([sizes.chain((n) => fc.tuple(tensors([n], { distinct: true }), fc.integer({ min: 1, max: n - 1 })))])(
    'tends to 1 for the k greatest as the temperature falls, and to k / n as it grows',
    ([x, k]) => {
      const at = (temperature: number) => (x: Tensor) => softTopK(x, k, { temperature })
      const cold = (x: Tensor): Tensor => where(x.greaterEqual(topK(x, k).values.slice([k - 1])), f64(1), 0)
      laws.tendsTo(at, cold, { along: [1, 1 / 64, 1 / 8192], tolerance: 1e-20 })(x)
      laws.tendsTo(at, (x: Tensor) => x.mul(0).add(k / n(x)), { along: [10, 1e4, 1e12], tolerance: 1e-10 })(x)
    },
  )

  test.prop([rowAndK(tensors)])(
    'has the Jacobian diag(v) − v vᵀ / Σ v with v = y (1 − y): symmetric, positive semidefinite, with rows that sum to 0',
    ([x, k]) => {
      const J = jacobian((z: Tensor) => softTopK(z, k))(x) as Tensor
      const y = softTopK(x, k)
      const v = y.mul(y.neg().add(1))
      const outer = v.expandDims(1).mul(v).div(sum(v))
      const diagonal = v.expandDims(1).mul(
        tensor(
          Float64Array.from({ length: n(x) ** 2 }, (_, i) => Number(i % (n(x) + 1) === 0)),
          { shape: [n(x), n(x)] },
        ),
      )
      expectClose(J, diagonal.sub(outer), 1e-11)
      expectClose(J, J.transpose(), 1e-12)
      expectClose(sum(J, { axis: 1 }), 0)
      for (const direction of [x, x.square(), x.add(3).exp()])
        expect(value(sum(matmul(J, direction).mul(direction)))).toBeGreaterThanOrEqual(-1e-9)
    },
  )

  test.prop([rowAndK(tensors)], runs(0.05))('has right rules, of k too', ([x, k]) => {
    checkCustomVjp((x: Tensor, k: Tensor) => softTopK(x, k), [x, f64(k).reshape([])])
  })

  it('has a gradient to k of v / Σ v', () => {
    const [x, k] = [f64(3, 1, 0, -2), f64(1.5).reshape([])]
    const y = softTopK(x, k)
    const v = y.mul(y.neg().add(1))
    expectClose(jacobian((k: Tensor) => softTopK(x, k))(k) as Tensor, v.div(sum(v)), 1e-11)
  })

  it('finds thresholds between elements that lie far apart', () => {
    for (const [far, dtype, digits] of [
      [1e300, 'f64', 1e-12],
      [1e30, 'f32', 1e-6],
    ] as const) {
      const y = softTopK(tensor([0, 1, far, -far], { dtype }), 2)
      expectClose(y.slice([0], [2]), softTopK(tensor([0, 1], { dtype }), 1), digits)
    }
    const least = -(2 ** 127) * 1.99
    expectClose(softTopK(tensor([0, least, least]), 2), tensor([1, 0.5, 0.5]), 1e-6)
  })

  it('takes a k for each row', () => {
    const x = f64(3, 1, 2, 3, 1, 2).reshape([2, 3])
    const each = softTopK(x, tensor([1, 2], { dtype: 'i32' }))
    expectClose(each, f64(...[1, 2].flatMap((k) => values(softTopK(f64(3, 1, 2), k)))).reshape([2, 3]))
  })

  it('is 0 or 1 throughout, with gradient 0, for k = 0 and k = n', () => {
    const x = f64(3, -1, 0)
    for (const [k, v] of [
      [0, 0],
      [3, 1],
    ] as const) {
      expect(values(softTopK(x, k))).toEqual([v, v, v])
      expect(values(grad((z: Tensor) => sum(softTopK(z, k).mul(x)))(x)).map(Math.abs)).toEqual([0, 0, 0])
    }
  })

  it('leaves out elements of −∞, and tells of NaN', () => {
    const x = f64(2, low, 1, low)
    expectClose(softTopK(x, 1), f64(sigmoid_(0.5), 0, sigmoid_(-0.5), 0))
    expect(values(softTopK(x, 2))).toEqual([1, 0, 1, 0])
    expect(values(softTopK(x, 3))).toEqual([1, 0, 1, 0])
    expect(values(grad((z: Tensor) => softTopK(z, 1).slice([0], [1]).reshape([]))(x))[1]).toBe(0)
    checkGradients((a: Tensor) => softTopK(where(f64(1, 0, 1, 1).greater(0), a, low), 1.5), [f64(2, 0, 1, -1)])
    expect(values(softTopK(f64(Number.NaN, 1, 2), 1)).every(Number.isNaN)).toBe(true)
    expect(values(softTopK(full([3], low), 1))).toEqual([0, 0, 0])
  })

  it('makes rows NaN whose computed k is out of range', () => {
    const k = f64(1, 2).add(1)
    expect(values(softTopK(f64(1, 2, 3, 4).reshape([2, 2]), k)).map(Number.isNaN)).toEqual([false, false, true, true])
  })

  it('sums to k in f32 and finds the few among many', () => {
    const x = tensor(Float32Array.from({ length: 20000 }, (_, i) => Math.sin(i * i) * 4))
    for (const k of [0.5, 19990]) expect(value(sum(softTopK(x, k))) / k).toBeCloseTo(1, 4)
  })
})

const sigmoid_ = (x: number): number => value(sigmoid(f64(x).reshape([])))

describe('logSoftTopK', () => {
  test.prop([rowAndK(tensors), temperatures.filter((t) => t > 0.5)])(
    'is the logarithm of softTopK',
    ([x, k], temperature) => {
      expectClose(logSoftTopK(x, k, { temperature }), softTopK(x, k, { temperature }).log(), 1e-9)
    },
  )

  test.prop([rowAndK(tensors)], runs(0.15))('has right derivatives of order 2', ([x, k]) => {
    checkGradients((z: Tensor) => logSoftTopK(z, k), [x])
  })

  test.prop([dyadics({ min: 0.25, max: 1 }), fc.constantFrom('f32', 'f64')])(
    'has its threshold amid a gap, however wide that is',
    (share, dtype) => {
      const gap = 1e4 * share
      const x = tensor([gap, 0, gap, 0], { dtype })
      const digits = dtype === 'f32' ? 1e-5 : 1e-12
      expectClose(logSoftTopK(x, 2).slice([1], [2]), -gap / 2, digits)
      // With two above and one below it is lower than the middle.
      expectClose(logSoftTopK(x.slice([0], [3]), 2).slice([1], [2]), (Math.log(2) - gap) / 2, digits)
    },
  )

  it('has a gradient in such a gap, where that of softTopK is 0', () => {
    const x = f64(1e4, 0, -1e4)
    expectClose(grad((z: Tensor) => logSoftTopK(z, 1).slice([1], [2]).reshape([]))(x), f64(-0.5, 0.5, 0), 1e-12)
    expect(values(grad((z: Tensor) => softTopK(z, 1).slice([1], [2]).reshape([]))(x)).map(Math.abs)).toEqual([0, 0, 0])
  })

  it('is −∞ for k = 0 and 0 for k = n', () => {
    expect(values(logSoftTopK(f64(1, 2), 0))).toEqual([low, low])
    expect(values(logSoftTopK(f64(1, 2), 2)).map(Math.abs)).toEqual([0, 0])
  })
})

describeErrors('softTopK', {
  'softTopK: k must be from 0 to 2, got 3.': () => softTopK(f64(1, 2), 3),
  'softTopK: k must be from 0 to 2, got -1 at [0].': () => softTopK(f64(1, 2).reshape([1, 2]), f64(-1)),
  'softTopK: temperature must be a finite number greater than 0, got 0.': () =>
    softTopK(f64(1, 2), 1, { temperature: 0 }),
  'logSoftTopK: x must have shape [...S, N], got []. Expected x [...S, N].': () => logSoftTopK(f64(1).reshape([]), 1),
})
