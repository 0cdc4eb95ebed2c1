import { fc, test } from '@fast-check/vitest'
import { grad, key, logSumExp, normal, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, tensors, unitVectors } from '@wengert/gradcheck'
import { expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { arcFaceLoss } from './arcFaceLoss.ts'
import { cosFaceLoss } from './cosFaceLoss.ts'
import { cosineLogits } from './cosineLogits.ts'
import { elasticArcFaceLoss } from './elasticArcFaceLoss.ts'
import { elasticCosFaceLoss } from './elasticCosFaceLoss.ts'
import type { ElasticAssignment } from './elasticMargins.ts'

const B = 4
const batch = fc.tuple(
  tensors([B, 2]),
  labels([B], 3),
  tensors([3, 2]),
  tensors([B], { min: -2, max: 2, distinct: true }),
)
const assignments: readonly ElasticAssignment[] = ['drawn', 'rank', 'permutation']
const i32 = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const ascending = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b)

/** Embeddings whose cosine to a prototype (1, 0) is given, all of class 0; the other prototype is at right angles to all. */
const withCosines = (...cosines: number[]): [Tensor, Tensor, Tensor] => [
  tensor(
    cosines.map((c) => [c, 0, Math.sqrt(1 - c * c)]),
    { dtype: 'f64' },
  ),
  i32(...cosines.map(() => 0)),
  tensor([
    [1, 0, 0],
    [0, 1, 0],
  ]),
]

/** The margins that a loss was given, read off it: L = softplus(−scale (cos − margin)). */
const marginsOf = (x: Tensor, y: Tensor, w: Tensor, noise: Tensor, assignment: ElasticAssignment): number[] => {
  const loss = values(elasticCosFaceLoss(x, y, w, noise, { scale: 8, margin: 0, std: 1, assignment }))
  const cosines = values(cosineLogits(x, w)).filter((_, i) => i % 2 === 0)
  return loss.map((L, i) => (cosines[i] as number) + Math.log(Math.expm1(L)) / 8)
}

describe.each(assignments)('elastic margins, %s', (assignment) => {
  test.prop([batch], runs(0.5))('without a spread is the loss with the margin', ([x, y, w, noise]) => {
    const options = { std: 0, assignment }
    expectClose(elasticCosFaceLoss(x, y, w, noise, options), cosFaceLoss(x, y, w))
    expectClose(elasticArcFaceLoss(x, y, w, noise, options), arcFaceLoss(x, y, w, { monotone: 'none' }))
  })

  const cosines = fc.uniqueArray(fc.integer({ min: -63, max: 63 }), { minLength: B, maxLength: B })
  test.prop([cosines, tensors([B], { min: -1, max: 1 })])('hands out the margins that were drawn', (list, noise) => {
    const found = marginsOf(...withCosines(...list.map((c) => c / 64)), noise, assignment)
    const drawn = assignment === 'drawn' ? values(noise) : ascending(values(noise))
    const given = assignment === 'drawn' ? found : ascending(found)
    given.forEach((m, i) => {
      expect(m).toBeCloseTo(drawn[i] as number, 9)
    })
  })

  test.prop(
    [fc.tuple(unitVectors([B, 2]), labels([B], 3), unitVectors([3, 2]), tensors([B], { min: -1, max: 1 }))],
    runs(0.1),
  )('has right derivatives, with the margins held fixed', ([x, y, w, noise]) => {
    const c = values(cosineLogits(x, w))
    const own = values(y).map((k, i) => c[3 * i + k] as number)
    // No cosine is that of a right angle or none, and no two would change places.
    fc.pre(own.every((a, i) => Math.abs(a) < 0.98 && own.every((b, j) => i === j || Math.abs(a - b) > 0.01)))
    const options = { scale: 4, std: 0.1, assignment }
    for (const loss of [elasticArcFaceLoss, elasticCosFaceLoss])
      checkGradients((a: Tensor, b: Tensor) => loss(a, y, b, noise, options), [x, w])
  })
})

describe('elastic margins', () => {
  test.prop([
    fc.uniqueArray(fc.integer({ min: -63, max: 63 }), { minLength: B, maxLength: B }),
    tensors([B], { min: -1, max: 1 }),
  ])('by rank do not grow with the cosine of the label', (list, noise) => {
    const margins = marginsOf(...withCosines(...list.map((c) => c / 64)), noise, 'rank')
    const order = list.map((_, i) => i).sort((a, b) => (list[a] as number) - (list[b] as number))
    order.slice(1).forEach((i, n) => {
      expect(margins[i]).toBeLessThanOrEqual((margins[order[n] as number] as number) + 1e-9)
    })
  })

  it('give the widest to the farthest by rank, and to another one by the authors’ permutation', () => {
    const args = withCosines(0.1, 0.9, 0.5)
    const noise = tensor([0.2, 0.1, 0.3], { dtype: 'f64' })
    const of = (assignment: ElasticAssignment): number[] =>
      marginsOf(...args, noise, assignment).map((m) => Math.round(m * 1e6) / 1e6)
    expect(of('drawn')).toEqual([0.2, 0.1, 0.3])
    expect(of('rank')).toEqual([0.3, 0.1, 0.2])
    expect(of('permutation')).toEqual([0.2, 0.3, 0.1])
  })

  it('go by place where cosines are equal', () => {
    const noise = tensor([0.3, 0.1, 0.2], { dtype: 'f64' })
    const margins = marginsOf(...withCosines(0.5, 0.5, 0.5), noise, 'rank')
    expect(margins.map((m) => Math.round(m * 1e6) / 1e6)).toEqual([0.1, 0.2, 0.3])
  })

  test.prop([batch], runs(0.5))('of a cosine cost at least what they cost on average', ([x, y, w, noise]) => {
    const by = (draws: Tensor): Tensor => elasticCosFaceLoss(x, y, w, draws, { std: 0.2 })
    const excess = by(noise)
      .add(by(noise.neg()))
      .div(2)
      .sub(cosFaceLoss(x, y, w))
    values(excess).forEach((e) => {
      expect(e).toBeGreaterThanOrEqual(-1e-11)
    })
  })

  test.prop([batch], runs(0.3))('are drawn by a key', ([x, y, w]) => {
    const options = { std: 0.3 }
    for (const loss of [elasticArcFaceLoss, elasticCosFaceLoss]) {
      const drawn = normal(key(3), [B], { dtype: 'f64' })
      expectClose(loss(x, y, w, key(3), options), loss(x, y, w, drawn, options), 0)
    }
    const args = withCosines(0.1, 0.2, 0.3, 0.4)
    const losses = [3, 4].map((seed) => values(elasticCosFaceLoss(...args, key(seed), options)))
    expect(losses[0]).not.toEqual(losses[1])
  })

  test.prop([batch], runs(0.2))('give the draws no gradient', ([x, y, w, noise]) => {
    for (const loss of [elasticArcFaceLoss, elasticCosFaceLoss])
      for (const assignment of assignments)
        expectClose(grad((draws: Tensor) => sum(loss(x, y, w, draws, { assignment })))(noise), 0, 0)
  })

  test.prop([batch], runs(0.3))('speak against the label by what the other classes add up to', ([x, y, w, noise]) => {
    const c = cosineLogits(x, w, { scale: 64 })
    const rows = values(c)
    const margins = values(noise).map((n) => 0.35 + 0.1 * n)
    const expected = values(y).map((k, i) => {
      const row = rows.slice(3 * i, 3 * i + 3).map((z, j) => (j === k ? z - 64 * (margins[i] as number) : z))
      return (values(logSumExp(tensor(row, { dtype: 'f64' })))[0] as number) - (row[k] as number)
    })
    values(elasticCosFaceLoss(x, y, w, noise, { std: 0.1 })).forEach((L, i) => {
      expect(L).toBeCloseTo(expected[i] as number, 9)
    })
  })
})
