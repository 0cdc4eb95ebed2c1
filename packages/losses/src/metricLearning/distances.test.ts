import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor, zeros } from '@wengert/core'
import { checkGradients, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossCounts } from './crossCounts.ts'
import { dotProduct, lpDistance, squaredDistance } from './distances.ts'
import { nonZeroMean } from './nonZeroMean.ts'

const size = fc.integer({ min: 1, max: 4 })
const rowsOf = (x: Tensor): number[][] => {
  const [m = 0, d = 0] = x.shape
  return Array.from({ length: m }, (_, i) => values(x).slice(i * d, (i + 1) * d))
}
const table = (x: Tensor, y: Tensor, f: (a: number[], b: number[]) => number): Tensor =>
  tensor(
    rowsOf(x).map((a) => rowsOf(y).map((b) => f(a, b))),
    { dtype: 'f64' },
  )
const total = (list: number[]): number => list.reduce((a, b) => a + b, 0)
const apart = (p: number) => (a: number[], b: number[]) =>
  total(a.map((v, k) => Math.abs(v - (b[k] as number)) ** p)) ** (1 / p)
const pairs = fc.tuple(size, size, size).chain(([m, n, d]) => fc.tuple(tensors([m, d]), tensors([n, d])))

describe('distances', () => {
  test.prop([pairs, fc.constantFrom(1, 1.5, 2, 3)], runs(0.5))('are those of all pairs of rows', ([x, y], p) => {
    expectClose(lpDistance(x, y, { p }), table(x, y, apart(p)), p === 2 ? 1e-6 : 1e-12)
    expectClose(
      squaredDistance(x, y),
      table(x, y, (a, b) => apart(2)(a, b) ** 2),
      1e-12,
    )
    expectClose(
      dotProduct(x, y),
      table(x, y, (a, b) => total(a.map((v, k) => v * (b[k] as number)))),
      1e-13,
    )
  })

  const distinct = fc.tuple(tensors([2, 2], { distinct: true }), tensors([3, 2], { distinct: true }))
  test.prop([distinct, fc.constantFrom(1, 1.5, 2, 3)], runs(0.1))('have right derivatives', ([x, y], p) => {
    checkGradients((a: Tensor, b: Tensor) => lpDistance(a, b, { p }), [x, y.add(1 / 200)])
  })

  test.prop([distinct], runs(0.1))('have right derivatives when squared, and at 0', ([x, y]) => {
    checkGradients(squaredDistance, [x, y.add(1 / 200)])
    checkGradients(dotProduct, [x, y])
    for (const p of [1, 2, 3])
      for (const dtype of ['f32', 'f64'] as const) {
        const z = x.cast(dtype)
        const slope = grad((a: Tensor) => sum(lpDistance(a, z, { p })))(z.mul(0).add(z.slice([0, 0], [1, 2])))
        expect(values(slope).every(Number.isFinite)).toBe(true)
        // The first row is the other's first row: only the second row pulls.
        const alone = grad((a: Tensor) => sum(lpDistance(a, z.slice([0, 0], [1, 2]), { p })))(z.slice([0, 0], [1, 2]))
        expect(values(alone).map(Math.abs)).toEqual([0, 0])
      }
  })

  test.prop([tensors([4, 3], { min: -1, max: 1 })], runs(0.3))('keep their digits in f32 far from the origin', (x) => {
    const far = x.cast('f32').add(1000)
    expectClose(
      squaredDistance(far, far).cast('f64'),
      table(x, x, (a, b) => apart(2)(a, b) ** 2),
      2e-3,
    )
    expect(values(squaredDistance(far, far)).filter((v) => v < 0)).toEqual([])
  })
})

describe('nonZeroMean', () => {
  test.prop([tensors([5])], runs(0.5))('is the mean of what is greater than 0', (x) => {
    const kept = values(x).filter((v) => v > 0)
    expectClose(nonZeroMean(x), tensor(kept.length === 0 ? 0 : total(kept) / kept.length, { dtype: 'f64' }))
  })

  it('is 0 with gradient 0 where nothing is', () => {
    expect(values(grad(nonZeroMean)(tensor([0, -1], { dtype: 'f64' }))).map(Math.abs)).toEqual([0, 0])
  })
})

describe('crossCounts', () => {
  const lists = fc.integer({ min: 1, max: 8 }).chain((n) => {
    const few = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: n, maxLength: n })
    const members = fc.array(fc.boolean(), { minLength: n, maxLength: n })
    return fc.tuple(few, members, few, members)
  })

  test.prop([lists])('counts pairs, of which equal ones are neither less nor greater', ([u, first, v, second]) => {
    const { below, above } = crossCounts(
      tensor(u),
      tensor(first, { dtype: 'bool' }),
      tensor(v),
      tensor(second, { dtype: 'bool' }),
    )
    const less = (i: number, j: number): boolean =>
      Boolean(first[i] && second[j] && (v[j] as number) < (u[i] as number))
    expect(values(below)).toEqual(u.map((_, i) => v.filter((_, j) => less(i, j)).length))
    expect(values(above)).toEqual(v.map((_, j) => u.filter((_, i) => less(i, j)).length))
  })
})

describeErrors('distances', {
  'lpDistance: p must be finite and at least 1, got 0.5.': () => lpDistance(zeros([1, 2]), zeros([1, 2]), { p: 0.5 }),
  'squaredDistance: y must have shape [N, D], got [1, 3] (M = 1, D = 2, N = 1). Expected x [M, D], y [N, D].': () =>
    squaredDistance(zeros([1, 2]), zeros([1, 3])),
  "nonZeroMean: x must be f32 or f64, got i32 [1]. Cast it, e.g. x.cast('f32').": () =>
    nonZeroMean(tensor([1], { dtype: 'i32' })),
})
