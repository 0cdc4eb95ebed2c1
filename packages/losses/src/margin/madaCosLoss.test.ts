import { fc, test } from '@fast-check/vitest'
import { grad, key, normal, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, positives, unitVectors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { cosFaceLoss } from './cosFaceLoss.ts'
import { cosineLogits } from './cosineLogits.ts'
import { type MadaCosNegatives, madaCosLoss, madaCosScaling } from './madaCosLoss.ts'
import { normalizedSoftmaxLoss } from './normalizedSoftmaxLoss.ts'

const K = 4
const i32 = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const batch = fc
  .integer({ min: 1, max: 5 })
  .chain((B) => fc.tuple(unitVectors([B, 3]), labels([B], K), unitVectors([K, 3])))
const alphas = fc.constantFrom(0.02, 0.1, 0.5)
const options = { minScale: 1e-3 }

/** Cosines to the label's prototype, and those to the others. */
const cosinesOf = (x: Tensor, y: Tensor, w: Tensor): { own: number[]; others: number[][] } => {
  const c = values(cosineLogits(x, w))
  const classes = w.shape[0] as number
  const rows = values(y).map((_, i) => c.slice(i * classes, (i + 1) * classes))
  const at = values(y)
  return {
    own: rows.map((row, i) => row[at[i] as number] as number),
    others: rows.map((row, i) => row.filter((_, k) => k !== at[i])),
  }
}
const lowerMedian = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[(list.length - 1) >> 1] as number

/** The formulas in plain numbers. */
const plain = (x: Tensor, y: Tensor, w: Tensor, alpha: number, minScale: number, negatives: MadaCosNegatives) => {
  const { own, others } = cosinesOf(x, y, w)
  const median = lowerMedian(own)
  const scale = Math.max(minScale, Math.log((9999999 * (1 - alpha)) / alpha) / (1 - median))
  const sums = others.map((row) => row.reduce((total, c) => total + Math.exp(scale * c), 0))
  const total = {
    atMedian: sums[own.indexOf(median)] as number,
    median: lowerMedian(sums),
    mean: sums.reduce((a, b) => a + b) / sums.length,
  }[negatives]
  return { median, scale, margin: Math.max(0, median - Math.log((total * alpha) / (1 - alpha)) / scale), total }
}
/** Scales at which plain exponentials neither overflow nor vanish. */
const moderate = (x: Tensor, y: Tensor, w: Tensor): boolean => lowerMedian(cosinesOf(x, y, w).own) < 0.9

describe('madaCosScaling', () => {
  test.prop([batch, alphas, fc.constantFrom('atMedian', 'median', 'mean')])(
    'is its formula in plain numbers',
    ([x, y, w], alpha, negatives) => {
      fc.pre(moderate(x, y, w))
      for (const minScale of [1e-3, 32]) {
        const expected = plain(x, y, w, alpha, minScale, negatives)
        const found = madaCosScaling(x, y, w, { alpha, negatives, minScale })
        expect(value(found.medianCosine)).toBeCloseTo(expected.median, 12)
        expect(value(found.scale) / expected.scale).toBeCloseTo(1, 10)
        expect(value(found.margin)).toBeCloseTo(expected.margin, 9)
        expect(value(found.logNegatives)).toBeCloseTo(Math.log(expected.total), 8)
      }
    },
  )

  test.prop([batch])('has a scale that falls as alpha grows', ([x, y, w]) => {
    const scales = [0.02, 0.1, 0.5].map((alpha) => value(madaCosScaling(x, y, w, { ...options, alpha }).scale))
    expect(scales[0]).toBeGreaterThanOrEqual(scales[1] as number)
    expect(scales[1]).toBeGreaterThanOrEqual(scales[2] as number)
  })

  test.prop([batch], runs(0.3))('has no gradient', ([x, y, w]) => {
    for (const name of ['scale', 'margin', 'medianCosine', 'logNegatives'] as const)
      expectClose(grad((z: Tensor) => madaCosScaling(z, y, w)[name])(x), 0, 0)
  })
})

describe('madaCosLoss', () => {
  test.prop([batch, alphas])('gives the median example the probability alpha of its class', ([x, y, w], alpha) => {
    const { own } = cosinesOf(x, y, w)
    const at = own.indexOf(lowerMedian(own))
    const { margin, scale } = madaCosScaling(x, y, w, { ...options, alpha })
    fc.pre(moderate(x, y, w) && value(margin) > 0)
    expect(values(madaCosLoss(x, y, w, { ...options, alpha }))[at]).toBeCloseTo(-Math.log(alpha), 8)
    // At cosine 1 its odds would be rho: log of them is scale (1 − margin) − log N.
    const { logNegatives } = madaCosScaling(x, y, w, { ...options, alpha })
    expect(value(scale) * (1 - value(margin)) - value(logNegatives)).toBeCloseTo(Math.log(9999999), 7)
  })

  test.prop([unitVectors([1, 3]), labels([1], K), unitVectors([K, 3]), alphas])(
    'is −log alpha for a single example, unless the margin is at its bound',
    (x, y, w, alpha) => {
      fc.pre(moderate(x, y, w) && value(madaCosScaling(x, y, w, { alpha }).margin) > 0)
      for (const negatives of ['atMedian', 'median', 'mean'] as const)
        expectClose(madaCosLoss(x, y, w, { alpha, negatives }), -Math.log(alpha), 1e-9)
    },
  )

  test.prop([batch, alphas])('is cosFaceLoss with the scale and the margin it finds', ([x, y, w], alpha) => {
    fc.pre(moderate(x, y, w))
    const { scale, margin } = madaCosScaling(x, y, w, { alpha })
    const found = { scale: value(scale), margin: value(margin) }
    expectClose(madaCosLoss(x, y, w, { alpha }), cosFaceLoss(x, y, w, found), 1e-9)
    const unmarked = normalizedSoftmaxLoss(x, y, w, { temperature: 1 / found.scale })
    expectClose(madaCosLoss(x, y, w, { alpha, training: false }), unmarked, 1e-9)
  })

  test.prop([batch, positives([5, 1]), positives([K, 1])], runs(0.5))(
    'depends neither on lengths nor on the order of the batch',
    ([x, y, w], byRow, byClass) => {
      fc.pre(moderate(x, y, w))
      const longer = x.mul(byRow.slice([0, 0], [x.shape[0] as number, 1]))
      expectClose(madaCosLoss(longer, y, w.mul(byClass)), madaCosLoss(x, y, w), 1e-8)
      const { own } = cosinesOf(x, y, w)
      // Of equal medians the first counts, and they may have different sums.
      fc.pre(new Set(own.map((c) => c.toFixed(9))).size === own.length)
      laws.permutationEquivariant((a: Tensor, b: Tensor) => madaCosLoss(a, b, w), { args: [0, 1], tolerance: 1e-8 })(
        x,
        y,
      )
    },
  )

  test.prop([batch], runs(0.15))('has right derivatives, with scale and margin held fixed', ([x, y, w]) => {
    fc.pre(moderate(x, y, w))
    checkGradients((a: Tensor, b: Tensor) => madaCosLoss(a, y, b, { alpha: 0.5, rho: 20, minScale: 1 }), [x, w])
  })

  test.prop([batch], runs(0.5))('has the gradient scale (p − [j = y]) with respect to the cosines', ([x, y, w]) => {
    fc.pre(moderate(x, y, w))
    const { scale, margin } = madaCosScaling(x, y, w)
    const hit = oneHot(y, K, { dtype: 'f64' })
    const p = softmax(
      cosineLogits(x, w)
        .sub(hit.mul(value(margin)))
        .mul(value(scale)),
    )
    const byCosines = p.sub(hit).mul(value(scale))
    const expected = grad((a: Tensor) => sum(cosineLogits(a, w).mul(byCosines)))(x)
    expectClose(grad((a: Tensor) => sum(madaCosLoss(a, y, w)))(x), expected, 1e-8)
  })

  it('is 0 for one class, with gradient 0', () => {
    const x = normal(key(0), [3, 2], { dtype: 'f64' })
    const one = tensor([[1, 2]], { dtype: 'f64' })
    const y = i32(0, 0, 0)
    expect(values(madaCosLoss(x, y, one))).toEqual([0, 0, 0])
    expectClose(grad((z: Tensor) => sum(madaCosLoss(z, y, one)))(x), 0, 0)
  })

  it('is finite, and so is its gradient, for cosines at and near 1, where exponentials would overflow', () => {
    for (const dtype of ['f32', 'f64'] as const)
      for (const off of [0, 1e-3, 0.05, 1]) {
        const x = tensor(
          [
            [1, off],
            [1, 2 * off],
            [off, 1],
          ],
          { dtype },
        )
        const w = tensor(
          [
            [1, 0],
            [0, 1],
          ],
          { dtype },
        )
        const y = i32(0, 0, 1)
        const found = [madaCosLoss(x, y, w), grad((z: Tensor) => sum(madaCosLoss(z, y, w)))(x)]
        for (const t of found) expect(values(t).filter((v) => !Number.isFinite(v))).toEqual([])
      }
  })
})

const [x, y, w] = [tensor([[1, 2]]), i32(0), tensor([[1, 0]])]
describeErrors('madaCosLoss', {
  'madaCosLoss: alpha must be between 0 and 1, got 1.': () => madaCosLoss(x, y, w, { alpha: 1 }),
  'madaCosLoss: negatives must be one of atMedian, median, mean, got default.': () =>
    madaCosLoss(x, y, w, { negatives: 'default' as 'mean' }),
  'madaCosLoss: labels must have shape [B], got [] (B = 1, D = 2). Expected embeddings [B, D], labels [B].': () =>
    madaCosLoss(x, tensor(0, { dtype: 'i32' }), w),
  'madaCosScaling: minScale must be a finite number greater than 0, got 0.': () =>
    madaCosScaling(x, y, w, { minScale: 0 }),
})
