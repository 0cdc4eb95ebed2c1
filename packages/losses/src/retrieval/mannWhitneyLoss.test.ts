import { fc, test } from '@fast-check/vitest'
import { arange, grad, mean, relu, sign, sum, type Tensor, take, tensor } from '@wengert/core'
import { checkGradients, labels, laws, logits, masks, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { rocAuc } from '../metrics/rocAuc.ts'
import { aucScore } from './aucScore.ts'
import { mannWhitneyLoss } from './mannWhitneyLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const i32 = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const loss = (s: Tensor, y: Tensor): Tensor => mannWhitneyLoss(s, y, { temperature: 1 })
const batch = (scores: (shape: readonly number[]) => fc.Arbitrary<Tensor> = tensors): fc.Arbitrary<[Tensor, Tensor]> =>
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 4 }))
    .chain(([B, M]) => fc.tuple(scores([B, M]), labels([B], M)))
const lists = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .chain(([P, N]) => fc.tuple(tensors([P]), tensors([N])))

/** Scores of positives and of all negatives. */
function parts(s: Tensor, y: Tensor): { positives: number[]; negatives: number[] } {
  const [list, own] = [values(s), values(y)]
  const M = s.shape[1] as number
  const isOwn = list.map((_, i) => own[Math.floor(i / M)] === i % M)
  return { positives: list.filter((_, i) => isOwn[i]), negatives: list.filter((_, i) => !isOwn[i]) }
}
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

describe('mannWhitneyLoss', () => {
  test.prop([batch(), fc.constantFrom(0.25, 1, 8)])(
    'is the mean, or the sum, over all pairs',
    ([s, y], temperature) => {
      const { positives, negatives } = parts(s, y)
      const sums = positives.map((p) => negatives.reduce((total, n) => total + softplus((n - p) / temperature), 0))
      expectClose(mannWhitneyLoss(s, y, { temperature, reduction: 'sum' }), f64(...sums))
      expectClose(mannWhitneyLoss(s, y, { temperature }), f64(...sums.map((v) => v / negatives.length)))
    },
  )

  test.prop([batch()])('bounds 1 − aucScore by log 2 times', ([s, y]) => {
    const { positives, negatives } = parts(s, y)
    const lacking =
      positives.flatMap((p) => negatives.filter((n) => p <= n)).length / (positives.length * negatives.length)
    expect(1 - value(aucScore(f64(...positives), f64(...negatives)))).toBeLessThanOrEqual(lacking + 1e-12)
    for (const temperature of [0.01, 1, 20])
      expect(lacking).toBeLessThanOrEqual(value(mean(mannWhitneyLoss(s, y, { temperature }))) / Math.LN2 + 1e-12)
  })

  test.prop([batch()])('does not change when all scores are shifted', ([s, y]) => {
    laws.shiftInvariant(loss)(s, y)
  })

  it('changes when those of one query are shifted', () => {
    const [s, y] = [f64(2, 0, 1, 3).reshape([2, 2]), i32(0, 1)]
    const shifted = s.add(f64(5, 0).expandDims(-1))
    expect(Math.abs(value(mean(loss(shifted, y))) - value(mean(loss(s, y))))).toBeGreaterThan(0.2)
  })

  test.prop([fc.tuple(tensors([3, 4]), tensors([3, 4]), labels([3], 4))])('is convex', ([a, b, y]) => {
    laws.convex(loss)(a, b, y)
  })

  test.prop([batch()])('is the same in the mean where positives and negatives exchange roles and signs', ([s, y]) => {
    const { positives, negatives } = parts(s, y)
    // One query for each negative; the others' candidates are its negatives.
    const table = negatives.map((n) => [...positives.map((p) => -p), -n])
    const labels = i32(...negatives.map(() => positives.length))
    const exchanged = tensor(table, { dtype: 'f64' })
    expectClose(mean(loss(exchanged, labels)), mean(loss(s, y)))
  })

  test.prop([batch()])('is hinges at low temperatures', ([s, y]) => {
    const { positives, negatives } = parts(s, y)
    const hinges = positives.map((p) => value(mean(relu(f64(...negatives).sub(p)))))
    const scaled = (temperature: number) => () => mannWhitneyLoss(s, y, { temperature }).mul(temperature)
    laws.tendsTo(scaled, () => f64(...hinges), { along: [1, 0.1, 1e-8], tolerance: 1e-7 })()
  })

  test.prop([batch().chain(([s, y]) => fc.tuple(fc.constant(s), fc.constant(y), masks(s.shape)))])(
    'counts the negatives that a mask allows',
    ([s, y, mask]) => {
      const own = y.expandDims(-1).equal(arange(s.shape[1] as number, { dtype: 'i32' }))
      const sums = (allowed: Tensor): Tensor =>
        mannWhitneyLoss(s, y, { temperature: 1, reduction: 'sum', mask: allowed })
      expectClose(sums(mask).add(sums(mask.not())), mannWhitneyLoss(s, y, { temperature: 1, reduction: 'sum' }))
      const n = Math.max(1, value(sum(mask.and(own.not()))))
      expectClose(mannWhitneyLoss(s, y, { temperature: 1, mask }), sums(mask).div(n))
    },
  )

  test.prop([fc.tuple(tensors([3, 4]), labels([3], 4))])('depends on no order of queries or candidates', ([s, y]) => {
    laws.permutationEquivariant(loss, { args: [0, 1] })(s, y)
    const reversed = take(s, i32(3, 2, 1, 0), { axis: 1 })
    expectClose(loss(reversed, y.neg().add(3)), loss(s, y))
  })

  test.prop([batch()], runs(0.25))('has right derivatives of order 2', ([s, y]) => {
    checkGradients((x: Tensor) => loss(x, y), [s])
  })

  test.prop([batch(logits), fc.constantFrom('f32', 'f64')])(
    'is finite at ±10⁴, and so is its gradient',
    ([s, y], dtype) => {
      const huge = sign(s.sub(1 / 128))
        .mul(1e4)
        .cast(dtype)
      expect(values(mannWhitneyLoss(huge, y)).every(Number.isFinite)).toBe(true)
      expect(values(grad((x: Tensor) => sum(mannWhitneyLoss(x, y)))(huge)).every(Number.isFinite)).toBe(true)
    },
  )

  it('is 0 without negatives', () => {
    expect(values(loss(f64(3, 4).reshape([2, 1]), i32(0, 0)))).toEqual([0, 0])
  })
})

describe('aucScore', () => {
  test.prop([lists])('is the share of pairs in order, ties half', ([p, n]) => {
    const [ps, ns] = [values(p), values(n)]
    const points = ps.flatMap((a) => ns.map((b): number => (a > b ? 1 : a === b ? 0.5 : 0)))
    const mean = points.reduce((total, v) => total + v, 0) / points.length
    expect(value(aucScore(p, n))).toBeCloseTo(mean, 12)
    const relevance = tensor([...ps.map(() => 1), ...ns.map(() => 0)])
    expect(value(rocAuc(f64(...ps, ...ns), relevance))).toBeCloseTo(mean, 6)
  })

  test.prop([lists])('is 1 less that of exchanged lists, and minds order only', ([p, n]) => {
    expectClose(aucScore(n, p), aucScore(p, n).neg().add(1))
    expectClose(aucScore(p.exp(), n.exp()), aucScore(p, n))
  })
})

describeErrors('mannWhitneyLoss', {
  'mannWhitneyLoss: reduction must be one of mean, sum, got paper.': () =>
    mannWhitneyLoss(f64(1, 2).reshape([1, 2]), i32(0), { reduction: 'paper' as 'sum' }),
  'mannWhitneyLoss: temperature must be a finite number greater than 0, got 0.': () =>
    mannWhitneyLoss(f64(1, 2).reshape([1, 2]), i32(0), { temperature: 0 }),
  'mannWhitneyLoss: labels must have shape [B], got [2] (B = 1, M = 2). Expected scores [B, M], labels [B].': () =>
    mannWhitneyLoss(f64(1, 2).reshape([1, 2]), i32(0, 1)),
  'mannWhitneyLoss: labels must be class indices from 0 to 1, got 2 at [0]. The logits have 2 classes.': () =>
    mannWhitneyLoss(f64(1, 2).reshape([1, 2]), i32(2)),
  'aucScore: number of negatives must be an integer of at least 1, got 0.': () => aucScore(f64(1), f64()),
})
