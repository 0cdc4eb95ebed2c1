import { test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  eye,
  grad,
  inverse,
  key,
  normal,
  ones,
  sin,
  sum,
  type Tensor,
  take,
  tensor,
  useBackend,
  zeros,
} from '@wengert/core'
import { checkCustomVjp, laws, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values, watched } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { newtonInverse } from '../index.ts'
import { largestRow, newtonSteps } from './newtonInverse.ts'

beforeAll(() => useBackend(cpu()))

/** Gaussian kernel of the rows of x, by differences. */
const kernel = (x: Tensor): Tensor =>
  sum(x.expandDims(-2).sub(x.expandDims(-3)).square(), { axis: -1 })
    .mul(-0.5)
    .exp()
const points = tensors([4, 2], { min: -3, max: 3 })
const enough = { iterations: 45 }
const n = 4
const ridge = eye(n, { dtype: 'f64' }).mul(0.01)

/** The same steps, which autodiff may walk back through. */
const unrolled = (a: Tensor, iterations: number): Tensor => {
  const p = a.add(eye(a.shape.at(-1) as number, { dtype: a.dtype }).mul(0.01))
  return newtonSteps(p, p.mul(1.8).div(largestRow(a).square()), iterations)
}

describe('newtonInverse', () => {
  test.prop([points], runs(0.3))(
    'is the inverse of the matrix with its ridge, points that fall together included',
    (x) => {
      expectClose(newtonInverse(kernel(x), enough), inverse(kernel(x).add(ridge)), 1e-9)
    },
  )

  test.prop([points, tensors([4, 4])], runs(0.1))(
    'has the derivative of the inverse, and of its steps, to order 2',
    (x, w) => {
      const scalar = (f: (a: Tensor) => Tensor) => (a: Tensor) => sum(sin(f(a).mul(w)))
      const [own, exact, steps] = [
        scalar((a) => newtonInverse(a, enough)),
        scalar((a) => inverse(a.add(ridge))),
        scalar((a) => unrolled(a, 45)),
      ]
      const a = kernel(x)
      const first = grad(exact)(a)
      expectClose(grad(own)(a).sub(first).div(1e4), 0, 1e-9)
      expectClose(grad(steps)(a).sub(first).div(1e4), 0, 1e-9)
      const slope = (f: (a: Tensor) => Tensor) => (a: Tensor) => sum(grad(f)(a).mul(w))
      const second = grad(slope(exact))(a)
      expectClose(grad(slope(own))(a).sub(second).div(1e8), 0, 1e-9)
    },
  )

  it('has a rule that agrees with differences of its function', () => {
    const x = normal(key(1), [3, 2], { dtype: 'f64' }).mul(2)
    expect(checkCustomVjp((a: Tensor) => newtonInverse(a, enough), [kernel(x)]).rules).toBe(1)
  })

  it('has the derivative −Vᵀ g Vᵀ of what it returns, even where it stops early', () => {
    const a = kernel(normal(key(2), [5, 2], { dtype: 'f64' }))
    const w = normal(key(3), [5, 5], { dtype: 'f64' })
    const v = values(newtonInverse(a, { iterations: 3 }))
    const g = values(w)
    const at = (m: readonly number[], i: number, j: number): number => m[5 * i + j] as number
    const wanted = Array.from({ length: 25 }, (_, place) => {
      let total = 0
      for (let i = 0; i < 5; i++)
        for (let j = 0; j < 5; j++) total -= at(v, i, Math.floor(place / 5)) * at(g, i, j) * at(v, place % 5, j)
      return total
    })
    const got = grad((a: Tensor) => sum(newtonInverse(a, { iterations: 3 }).mul(w)))(a)
    expectClose(got, tensor(Float64Array.from(wanted), { shape: [5, 5] }), 1e-10)
    const walked = values(grad((a: Tensor) => sum(unrolled(a, 3).mul(w)))(a))
    expect(Math.max(...walked.map((value, i) => Math.abs(value - (wanted[i] as number))))).toBeGreaterThan(0.01)
  })

  it('remembers nothing of its way: the memory of its gradient does not grow with the iterations', () => {
    const a = kernel(normal(key(4), [64, 8])).cast('f32')
    const peakOf = (f: (a: Tensor) => Tensor): number => {
      const { backend, peak } = watched()
      grad((a: Tensor) => sum(f(a)))(a).dataSync({ backend })
      return peak()
    }
    a.dataSync()
    const [few, many] = [5, 40].map((iterations) => peakOf((a) => newtonInverse(a, { iterations })))
    expect(many).toBe(few)
    const [short, long] = [5, 40].map((iterations) => peakOf((a) => unrolled(a, iterations))) as [number, number]
    expect(long).toBeGreaterThan(4 * short)
    expect(many).toBeLessThan(short)
  })

  test.prop([points, permutations(n)], runs(0.2))('follows the order of rows and columns', (x, order) => {
    const moved = (a: Tensor): Tensor => take(take(a, order, { axis: 0 }), order, { axis: 1 })
    expectClose(newtonInverse(moved(kernel(x))), moved(newtonInverse(kernel(x))), 1e-9)
  })

  test.prop([tensors([3, 4, 2])], runs(0.2))('gives a symmetric matrix for each of a batch by itself', (x) => {
    laws.exampleWise((a: Tensor) => newtonInverse(a), { tolerance: 1e-9 })(kernel(x))
    const v = newtonInverse(kernel(x))
    expectClose(v, v.transpose(), 1e-9)
  })

  it('leads from the identity to 1 / 1.01 of it, in f32 as well', () => {
    const y = newtonInverse(eye(3))
    expect(y.dtype).toBe('f32')
    expectClose(y, eye(3).div(1.01), 1e-6)
    expect(values(newtonInverse(ones([2, 1, 1]))).map((v) => v.toFixed(6))).toEqual(['0.990099', '0.990099'])
  })

  it('comes nearer with each iteration', () => {
    const a = kernel(normal(key(5), [6, 2], { dtype: 'f64' }))
    const p = a.add(eye(6, { dtype: 'f64' }).mul(0.01))
    const errors = [5, 10, 15, 20, 25, 30].map((iterations) => {
      const off = values(newtonInverse(a, { iterations }).sub(inverse(p)))
      return Math.max(...off.map(Math.abs))
    })
    for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThanOrEqual((errors[i - 1] as number) + 1e-9)
  })
})

describeErrors('newtonInverse', {
  'newtonInverse: a must have shape [...B, N, N], got [2, 3] (...B = [], N = 2). Expected a [...B, N, N].': () =>
    newtonInverse(zeros([2, 3])),
  'newtonInverse: iterations must be an integer of at least 1, got 0.': () => newtonInverse(eye(2), { iterations: 0 }),
  "newtonInverse: a must be f32 or f64, got i32 [2, 2]. Cast it, e.g. a.cast('f32').": () =>
    newtonInverse(eye(2).cast('i32')),
})
