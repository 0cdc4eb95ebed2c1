import { fc, test } from '@fast-check/vitest'
import { grad, key, type Tensor, take, tensor, zeros } from '@wengert/core'
import { checkGradients, labels, laws, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { distanceWeightedSampler } from './distanceWeightedSampler.ts'
import { easyPositiveMarginLoss } from './easyPositiveMarginLoss.ts'
import { easyPositives, type Negatives } from './easyPositives.ts'
import { easyPositiveTripletLoss } from './easyPositiveTripletLoss.ts'

const i32 = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
/** Embeddings, labels and any other examples as negatives. */
const batch = fc
  .integer({ min: 1, max: 6 })
  .chain((B) => fc.tuple(tensors([B, 2], { min: -2, max: 2, distinct: true }), labels([B], 3), labels([B], B)))
const seeds = fc.nat({ max: 1000 }).map((seed) => key(seed))
const losses: Record<string, (x: Tensor, y: Tensor, n: Negatives) => Tensor> = {
  easyPositiveMarginLoss,
  easyPositiveTripletLoss,
}
const rows = (x: Tensor): number[][] => {
  const data = values(x)
  return Array.from({ length: x.shape[0] as number }, (_, i) => data.slice(2 * i, 2 * i + 2))
}
const apart = (a: number[], b: number[]): number => Math.hypot(...a.map((v, k) => v - (b[k] as number)))
/** The formulas in plain numbers. */
const plain = (x: Tensor, y: Tensor, n: Tensor): { positives: number[]; gaps: [number, number][] } => {
  const [points, classes, others] = [rows(x), values(y), values(n)]
  const positives = points.map((p, i) => {
    const own = points.map((q, j) => (j !== i && classes[j] === classes[i] ? apart(p, q) : Number.POSITIVE_INFINITY))
    const least = Math.min(...own)
    return Number.isFinite(least) ? own.indexOf(least) : -1
  })
  const gaps = positives.flatMap((p, i): [number, number][] =>
    p < 0
      ? []
      : [
          [
            apart(points[i] as number[], points[p] as number[]),
            apart(points[i] as number[], points[others[i] as number] as number[]),
          ],
        ],
  )
  return { positives, gaps }
}
const hinge = (x: number): number => Math.max(0, x)

describe('easyPositives', () => {
  test.prop([batch])('finds the nearest other example of the class', ([x, y, n]) => {
    expect(values(easyPositives(x, y))).toEqual(plain(x, y, n).positives)
  })

  test.prop([batch])('finds positives at most as far as any other', ([x, y]) => {
    const chosen = values(easyPositives(x, y))
    const [points, classes] = [rows(x), values(y)]
    points.forEach((p, i) => {
      points.forEach((q, j) => {
        if (i !== j && classes[i] === classes[j])
          expect(apart(p, points[chosen[i] as number] as number[])).toBeLessThanOrEqual(apart(p, q))
      })
    })
  })

  it('takes the lowest index of several, and −1 for an only example', () => {
    expect(values(easyPositives(tensor([[0], [1], [-1], [5]]), i32(0, 0, 0, 1)))).toEqual([1, 0, 0, -1])
  })
})

describe('easyPositiveMarginLoss', () => {
  test.prop([batch])('agrees with its formula in plain numbers', ([x, y, n]) => {
    const hinges = plain(x, y, n).gaps.flatMap(([p, q]) => [hinge(p - 1), hinge(1.4 - q)])
    const total = hinges.reduce((a, b) => a + b, 0)
    const margins = { alpha: 0.2, beta: 1.2 }
    fc.pre(hinges.every((h) => h === 0 || h > 1e-9))
    const active = Math.max(1, hinges.filter((h) => h > 0).length)
    expect(value(easyPositiveMarginLoss(x, y, n, margins))).toBeCloseTo(total / active, 10)
    const kept = Math.max(1, hinges.length / 2)
    expect(value(easyPositiveMarginLoss(x, y, n, { ...margins, normalizer: 'mean' }))).toBeCloseTo(total / kept, 10)
  })

  test.prop([batch])('takes a beta for each example, and differentiates by it', ([x, y, n]) => {
    const beta = y.mul(0).cast('f64').add(1.2)
    const byBeta = (b: Tensor): Tensor => easyPositiveMarginLoss(x, y, n, { beta: b })
    expectClose(byBeta(beta), easyPositiveMarginLoss(x, y, n))
    // A wider ball frees positives and presses on negatives: one unit of slope for each active hinge.
    laws.bounded(() => grad(byBeta)(beta), { min: -1, max: 1 })()
  })
})

describe('easyPositiveTripletLoss', () => {
  test.prop([batch])('agrees with its formula in plain numbers', ([x, y, n]) => {
    const { gaps } = plain(x, y, n)
    const average = (terms: number[]): number => terms.reduce((a, b) => a + b, 0) / Math.max(1, terms.length)
    expect(value(easyPositiveTripletLoss(x, y, n))).toBeCloseTo(average(gaps.map(([p, q]) => hinge(p - q + 0.2))), 10)
    expect(value(easyPositiveTripletLoss(x, y, n, { squared: true }))).toBeCloseTo(
      average(gaps.map(([p, q]) => hinge(p * p - q * q + 0.2))),
      10,
    )
  })
})

describe.each(Object.entries(losses))('%s', (_, loss) => {
  test.prop([batch], runs(0.5))(
    'is at least 0, and does not change when embeddings are moved or turned',
    ([x, y, n]) => {
      laws.bounded(loss, { min: 0 })(x, y, n)
      const turned = x
        .transpose()
        .mul(tensor([[1], [-1]], { dtype: 'f64' }))
        .transpose()
      expectClose(loss(turned.add(0.5), y, n), loss(x, y, n), 1e-10)
    },
  )

  test.prop([batch], runs(0.5))('does not depend on the order of the batch', ([x, y, n]) => {
    // Of equally near positives the first by index counts, which makes no difference to the value.
    const B = x.shape[0] as number
    const back = i32(...Array.from({ length: B }, (_, i) => B - 1 - i))
    const turned = take(n, back)
      .neg()
      .add(B - 1)
    expectClose(loss(take(x, back), take(y, back), turned), loss(x, y, n), 1e-11)
  })

  test.prop([batch], runs(0.5))(
    'accepts any gradient between the slopes at its kinks, and has the right one elsewhere',
    ([x, y, n]) => {
      const { gaps } = plain(x, y, n)
      const margins = gaps.flatMap(([p, q]) => [p - 1, 1.4 - q, p - q + 0.2, p, q])
      fc.pre(margins.every((m) => Math.abs(m) > 1e-3))
      checkGradients((z: Tensor) => loss(z, y, n), [x], { order: 1, kinks: 'accept' })
    },
  )

  it('leaves out examples without a positive or a negative', () => {
    const x = tensor(
      [
        [0, 0],
        [0.5, 0],
        [9, 9],
      ],
      { dtype: 'f64' },
    )
    const y = i32(0, 0, 1)
    const none = loss(x, y, i32(-1, -1, -1))
    expect(value(none)).toBe(0)
    expect(values(grad((z: Tensor) => loss(z, y, i32(-1, -1, -1)))(x)).map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('draws negatives from a key as distanceWeightedSampler does', () => {
    const x = tensor([
      [1, 0],
      [0.8, 0.6],
      [0, 1],
      [0.6, 0.8],
      [-1, 0],
    ])
    const y = i32(0, 0, 1, 1, 1)
    expectClose(loss(x, y, key(4)), loss(x, y, distanceWeightedSampler(key(4), x, y)), 0)
  })

  it.each(['f32', 'f64'] as const)(
    'is finite, and so is its gradient, at ±1e4 and for equal embeddings in %s',
    (dtype) => {
      for (const x of [
        tensor(
          [
            [1e4, -1e4],
            [-1e4, 1e4],
            [1e4, 1e4],
            [-1e4, -1e4],
          ],
          { dtype },
        ),
        zeros([4, 2], { dtype }),
      ]) {
        const f = (z: Tensor): Tensor => loss(z, i32(0, 0, 1, 1), i32(2, 3, 0, 1))
        expect([value(f(x)), ...values(grad(f)(x))].every(Number.isFinite)).toBe(true)
      }
    },
  )
})

describe('distanceWeightedSampler', () => {
  test.prop([batch, seeds])(
    'draws an example of another class, nearer than upper where there is one',
    ([x, y], from) => {
      const [points, classes] = [rows(x), values(y)]
      values(distanceWeightedSampler(from, x, y)).forEach((n, i) => {
        const others = points.flatMap((q, j) =>
          classes[j] !== classes[i] ? [{ j, d: apart(points[i] as number[], q) }] : [],
        )
        const near = others.filter(({ d }) => d < 1.4)
        const allowed = (near.length > 0 ? near : others).map(({ j }) => j)
        expect(allowed.length > 0 ? allowed : [-1]).toContain(n)
      })
    },
  )

  it('draws by the weights of the formula', () => {
    // Three negatives in four dimensions, two of them as near as the cutoff or nearer.
    const distances = [0.25, 0.5, 1]
    const weights = distances.map((r) => Math.max(r, 0.5)).map((d) => d ** -2 * (1 - d ** 2 / 4) ** -0.5)
    const total = weights.reduce((a, b) => a + b)
    const counts = [0, 0, 0]
    const x = tensor([[0, 0, 0, 0], ...distances.map((d) => [d, 0, 0, 0])])
    const y = i32(0, 1, 1, 1)
    for (let seed = 0; seed < 2000; seed++) {
      const drawn = values(distanceWeightedSampler(key(seed), x, y))[0] as number
      counts[drawn - 1] = (counts[drawn - 1] as number) + 1
    }
    counts.forEach((count, k) => {
      expect(Math.abs(count / 2000 - (weights[k] as number) / total)).toBeLessThan(0.04)
    })
  })

  it('gives the same draws for the same key', () => {
    const x = tensor([
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ])
    const draw = (): number[] => values(distanceWeightedSampler(key(7), x, i32(0, 1, 2, 3)))
    expect(draw()).toEqual(draw())
  })
})

describeErrors('the losses of easy positives', {
  'easyPositiveMarginLoss: labels must have shape [B], got [3] (B = 2, D = 2). Expected embeddings [B, D], labels [B].':
    () => easyPositiveMarginLoss(zeros([2, 2]), i32(0, 1, 2), key(0)),
  'easyPositiveMarginLoss: normalizer must be one of activePairs, mean, got sum.': () =>
    easyPositiveMarginLoss(zeros([2, 2]), i32(0, 1), key(0), { normalizer: 'sum' as 'mean' }),
  'easyPositiveTripletLoss: margin must be finite, got NaN.': () =>
    easyPositiveTripletLoss(zeros([2, 2]), i32(0, 1), key(0), { margin: Number.NaN }),
  'easyPositiveTripletLoss: negatives must be a key or i32 indices, got f32.': () =>
    easyPositiveTripletLoss(zeros([2, 2]), i32(0, 1), zeros([2])),
  "easyPositives: labels must be i32, got f32 [2]. Cast it, e.g. labels.cast('i32').": () =>
    easyPositives(zeros([2, 2]), zeros([2])),
  'distanceWeightedSampler: upper must be greater than cutoff and at most 2, got 0.5.': () =>
    distanceWeightedSampler(key(0), zeros([2, 2]), i32(0, 1), { upper: 0.5 }),
})
