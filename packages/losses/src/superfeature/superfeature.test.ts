import { fc, test } from '@fast-check/vitest'
import { concat, grad, key, normal, sum, type Tensor, take, tensor, zeros } from '@wengert/core'
import { checkGradients, laws } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { imageOf, superfeatureMatches } from './superfeatureMatches.ts'
import { superfeatureTripletLoss } from './superfeatureTripletLoss.ts'

const [T, N, D] = [4, 5, 3]
/** A query, a positive that is the query with its descriptors turned round and a little noise, and two other images. */
const tuples = fc.nat({ max: 1e4 }).map((seed): [Tensor, Tensor] => {
  const others = normal(key(seed), [T, N, D], { dtype: 'f64' })
  const query = imageOf(others, 0)
  const noise = imageOf(others, 1).mul(0.1)
  const positive = take(query, tensor([4, 3, 2, 1, 0], { dtype: 'i32' })).add(noise)
  const rest = others.slice([2, 0, 0], [T, N, D])
  const features = concat([query.expandDims(0), positive.expandDims(0), rest])
  return [
    tensor(Float64Array.from(values(features)), { shape: [T, N, D] }),
    normal(key(seed + 1), [T, N], { dtype: 'f64' }),
  ]
})

type Rows = number[][]
const rowsOf = (features: Tensor): Rows[] => {
  const data = values(features)
  return Array.from({ length: features.shape[0] as number }, (_, t) =>
    Array.from({ length: N }, (_, i) => {
      const row = data.slice((t * N + i) * D, (t * N + i + 1) * D)
      const length = Math.hypot(...row)
      return row.map((v) => v / length)
    }),
  )
}
const apart = (a: number[], b: number[]): number => Math.hypot(...a.map((v, k) => v - (b[k] as number)))
const least = (list: number[]): number => list.indexOf(Math.min(...list))

/** The definition in loops, and the distance of each of its choices to the next one. */
function plain(features: Tensor, attention: Tensor, margin: number): { loss: number; kept: number[]; edge: number } {
  const [query, positive, ...others] = rowsOf(features) as [Rows, Rows, ...Rows[]]
  const attended = values(attention).slice(N, 2 * N)
  const great = attended.map((a) => attended.filter((b) => b > a).length < Math.floor(N / 2))
  let [loss, edge] = [0, 1]
  const kept = positive.flatMap((p, j) => {
    const column = query.map((q) => apart(q, p))
    const i = least(column)
    const row = positive.map((other) => apart(query[i] as number[], other))
    const [first = 0, second = 0] = column.toSorted((a, b) => a - b)
    const sorted = row.toSorted((a, b) => a - b)
    edge = Math.min(edge, Math.abs(first / second - 0.9), second - first, (sorted[1] as number) - (sorted[0] as number))
    if (least(row) !== j || first / second > 0.9 || !great[j]) return []
    for (const image of others) {
      const distances = image.map((n) => apart(query[i] as number[], n))
      const [a = 0, b = 0] = distances.toSorted((c, d) => c - d)
      const hinge = first ** 2 - Math.min(...distances) ** 2 + margin
      edge = Math.min(edge, b - a, Math.abs(hinge))
      loss += Math.max(0, hinge)
    }
    return [j]
  })
  return { loss, kept, edge }
}

describe('superfeatureTripletLoss', () => {
  test.prop([tuples], runs(0.3))('agrees with its definition in loops', ([x, a]) => {
    const { loss, kept, edge } = plain(x, a, 1.1)
    fc.pre(edge > 1e-6)
    expect(value(superfeatureTripletLoss(x, a))).toBeCloseTo(loss, 8)
    expect(values(superfeatureMatches(x, a).kept).flatMap((hit, j) => (hit ? [j] : []))).toEqual(kept)
  })

  test.prop([tuples], runs(0.03))('has right derivatives, with its choices held', ([x, a]) => {
    fc.pre(plain(x, a, 1.1).edge > 1e-2)
    checkGradients((z: Tensor) => superfeatureTripletLoss(z, a), [x])
  })

  test.prop([tuples, fc.double({ min: 0.1, max: 10, noNaN: true })], runs(0.15))(
    'depends neither on lengths nor on the order within other images',
    ([x, a], by) => {
      fc.pre(plain(x, a, 1.1).edge > 1e-6)
      expectClose(superfeatureTripletLoss(x.mul(by), a), superfeatureTripletLoss(x, a), 1e-9)
      const last = take(imageOf(x, T - 1), tensor([2, 0, 4, 1, 3], { dtype: 'i32' })).expandDims(0)
      const mixed = concat([x.slice([0, 0, 0], [T - 1, N, D]), last])
      expectClose(superfeatureTripletLoss(mixed, a), superfeatureTripletLoss(x, a), 1e-9)
    },
  )

  test.prop([tuples], runs(0.15))('rises with the margin, in the end by all matches and images alike', ([x, a]) => {
    const by = (margin: number): Tensor => superfeatureTripletLoss(x, a, { margin, weight: 0.5 })
    laws.bounded(() => by(1).sub(by(0.2)), { min: -1e-12 })()
    const matches = value(sum(superfeatureMatches(x, a).kept))
    expectClose(by(9).sub(by(8)), 0.5 * matches * (T - 2), 1e-9)
  })

  it('is 0 with gradient 0 without a match, as of single descriptors', () => {
    const one = normal(key(0), [3, 1, D], { dtype: 'f64' })
    const loss = (z: Tensor): Tensor => superfeatureTripletLoss(z, zeros([3, 1]))
    expect(value(loss(one))).toBe(0)
    expect(values(grad(loss)(one)).map(Math.abs)).toEqual(new Array(9).fill(0))
  })

  it.each(['f32', 'f64'] as const)('is finite, and so is its gradient, at ±1e4 and at 0 in %s', (dtype) => {
    for (const size of [1e4, 0]) {
      const x = normal(key(3), [T, N, D], { dtype }).mul(size)
      const loss = (z: Tensor): Tensor => superfeatureTripletLoss(z, zeros([T, N], { dtype }))
      expect([value(loss(x)), ...values(grad(loss)(x))].every(Number.isFinite)).toBe(true)
    }
  })
})

const [x, a] = [zeros([3, 2, 1]), zeros([3, 2])]
describeErrors('superfeatures', {
  'superfeatureTripletLoss: number of images must be an integer of at least 3, got 2.': () =>
    superfeatureTripletLoss(zeros([2, 2, 1]), zeros([2, 2])),
  'superfeatureTripletLoss: weight must be finite, got NaN.': () =>
    superfeatureTripletLoss(x, a, { weight: Number.NaN }),
  'superfeatureMatches: ratio must be from 0 to 1, got 2.': () => superfeatureMatches(x, a, { ratio: 2 }),
})
