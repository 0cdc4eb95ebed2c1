import { fc, test } from '@fast-check/vitest'
import { eye, grad, mean, sign, sum, type Tensor, tensor, where } from '@wengert/core'
import { checkGradients, labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, multiLabelled, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { ngameTripletLoss } from './ngameTripletLoss.ts'
import { ngameTripletMultiLoss } from './ngameTripletMultiLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const distinct = (shape: readonly number[]): fc.Arbitrary<Tensor> => tensors(shape, { distinct: true })
const square = (scores: (shape: readonly number[]) => fc.Arbitrary<Tensor>): fc.Arbitrary<[Tensor, Tensor]> =>
  fc.integer({ min: 1, max: 4 }).chain((B) => fc.tuple(scores([B, B]), labels([B, B], 2)))

/** Rows of scores and labels, of which the latter have 1 on the diagonal if told to. */
function rowsOf(s: Tensor, y: Tensor, diagonal = false): { scores: number[]; labels: number[] }[] {
  const [B, K] = s.shape as [number, number]
  const [scores, labels] = [values(s), values(y)]
  return Array.from({ length: B }, (_, i) => ({
    scores: scores.slice(i * K, (i + 1) * K),
    labels: labels.slice(i * K, (i + 1) * K).map((label, j) => (diagonal && i === j ? 1 : label)),
  }))
}
const chosen = ({ scores, labels }: { scores: number[]; labels: number[] }, label: number): number[] =>
  scores.filter((_, i) => labels[i] === label).sort((a, b) => b - a)
const softmax = (x: number[]): number[] => {
  const top = Math.max(...x)
  const total = x.reduce((sum, v) => sum + Math.exp(v - top), 0)
  return x.map((v) => Math.exp(v - top) / total)
}
const dot = (a: number[], b: number[]): number => a.reduce((total, v, i) => total + v * (b[i] as number), 0)
/** No hinge within 1/100 of where it begins. */
const settled = (s: Tensor, margin: number): boolean => {
  const list = values(s)
  return list.every((a) => list.every((b) => Math.abs(a - b + margin) > 0.01))
}

describe('ngameTripletLoss', () => {
  test.prop([square(distinct), fc.constantFrom(1, 2, 5), fc.boolean()])(
    'is what the definition says in plain numbers',
    ([s, y], numNegatives, softmaxWeights) => {
      const expected = rowsOf(s, y, true).map((row, i) => {
        const negatives = chosen(row, 0).slice(0, numNegatives)
        const hinges = negatives.map((n) => Math.max(0, n - (row.scores[i] as number) + 0.3))
        const weights = softmax(negatives.map((n, j) => ((hinges[j] as number) > 0 ? n / 0.1 : 0)))
        return dot(hinges, softmaxWeights ? weights : hinges.map(() => 1)) / numNegatives
      })
      expectClose(ngameTripletLoss(s, y, { numNegatives, softmaxWeights }), f64(...expected))
    },
  )

  test.prop([square(distinct)])('is 0 just where all negatives stay below by the margin', ([s, y]) => {
    const loss = values(ngameTripletLoss(s, y))
    rowsOf(s, y, true).forEach((row, i) => {
      expect(loss[i] === 0).toBe(chosen(row, 0).every((n) => n <= (row.scores[i] as number) - 0.3))
    })
  })

  test.prop([square(tensors)])('is at most that without weights', ([s, y]) => {
    const plain = ngameTripletLoss(s, y, { softmaxWeights: false })
    laws.bounded(() => plain.sub(ngameTripletLoss(s, y)), { min: -1e-12 })()
  })

  test.prop([square(tensors)])(
    'minds neither the order of the batch, nor shifts of a document if unweighted',
    ([s, y]) => {
      const plain = (s: Tensor, y: Tensor): Tensor => ngameTripletLoss(s, y, { softmaxWeights: false, numNegatives: 2 })
      const B = s.shape[0] as number
      const reversed = (x: Tensor): Tensor => tensor(values(x).reverse(), { shape: [B, B], dtype: x.dtype })
      expectClose(plain(reversed(s), reversed(y)), f64(...values(plain(s, y)).reverse()))
      const shift = f64(...Array.from({ length: B }, (_, i) => i - 1)).expandDims(-1)
      expectClose(plain(s.add(shift), y), plain(s, y))
    },
  )

  test.prop([square(tensors)])('takes the diagonal to be true', ([s, y]) => {
    const B = s.shape[0] as number
    const with1 = where(eye(B).greater(0), 1, y)
    const with0 = where(eye(B).greater(0), 0, y)
    expectClose(ngameTripletLoss(s, with1), ngameTripletLoss(s, with0), 0)
  })

  test.prop([square(distinct).filter(([s]) => settled(s, 0.3)), fc.boolean()], runs(0.3))(
    'has right derivatives of order 2',
    ([s, y], softmaxWeights) => {
      checkGradients((x: Tensor) => ngameTripletLoss(x, y, { numNegatives: 2, softmaxWeights, temperature: 1 }), [s])
    },
  )

  test.prop([square(logits), fc.constantFrom('f32', 'f64')], runs(0.5))(
    'is finite at ±10⁴, and so is its gradient',
    ([s, y], dtype) => {
      const huge = sign(s.sub(1 / 128))
        .mul(1e4)
        .cast(dtype)
      expect(values(ngameTripletLoss(huge, y)).every(Number.isFinite)).toBe(true)
      expect(values(grad((x: Tensor) => sum(ngameTripletLoss(x, y)))(huge)).every(Number.isFinite)).toBe(true)
    },
  )

  it('has no gradient where nothing is near, nor from what does not count', () => {
    const s = f64(0.9, 0.5, 0.1, 0.2, 0.9, 0.8, 0.7, 0.1, 0.9).reshape([3, 3])
    const g = grad((x: Tensor) => sum(ngameTripletLoss(x, f64(1, 0, 0, 0, 1, 1, 0, 0, 1).reshape([3, 3]))))(s)
    expect(values(g).map((v) => v !== 0)).toEqual([false, false, false, false, false, false, true, false, true])
  })
})

const multi = (s: Tensor, y: Tensor): Tensor => ngameTripletMultiLoss(s, y, { numPositives: 2, numNegatives: 2 })

describeLoss(multi, {
  name: 'ngameTripletMultiLoss',
  args: multiLabelled(),
  smooth: multiLabelled(distinct).filter(([s]) => settled(s, 0.2)),
  laws: {
    'is at least 0': laws.bounded(multi, { min: 0 }),
    'does not change when the scores of an example are shifted': laws.shiftInvariant(multi, {
      by: 64,
      tolerance: 1e-10,
    }),
    'never falls with the margin': (s, y) => {
      const wide = ngameTripletMultiLoss(s, y, { numPositives: 1, numNegatives: 1, margin: 1 })
      laws.bounded(() => wide.sub(ngameTripletMultiLoss(s, y, { numPositives: 1, numNegatives: 1 })), { min: -1e-12 })()
    },
  },
})

describe('ngameTripletMultiLoss', () => {
  test.prop([fc.tuple(distinct([3, 5]), labels([3, 5], 2)), fc.constantFrom(1, 3, 7), fc.constantFrom(1, 2, 7)])(
    'is what the definition says in plain numbers',
    ([s, y], numPositives, numNegatives) => {
      const expected = rowsOf(s, y).map((row) => {
        const positives = chosen(row, 1).reverse().slice(0, numPositives)
        const negatives = chosen(row, 0).slice(0, numNegatives)
        const totals = positives.map((p) => {
          const hinges = negatives.map((n) => n - p + 0.2).filter((h) => h > 0)
          return dot(softmax(hinges), hinges)
        })
        return totals.reduce((a, b) => a + b, 0) / (numPositives * numNegatives)
      })
      expectClose(ngameTripletMultiLoss(s, y, { numPositives, numNegatives }), f64(...expected))
    },
  )

  it('is ngameTripletLoss of the hardest negative where one label is true', () => {
    const s = f64(0.5, 0.6, 0.1, 0.3, 0.2, 0.25, 0, 0, -1).reshape([3, 3])
    const y = eye(3)
    const one = { numNegatives: 1, margin: 0.3 }
    expectClose(ngameTripletMultiLoss(s, y, { ...one, numPositives: 1 }), ngameTripletLoss(s, y, one))
    expect(value(mean(ngameTripletLoss(s, y, one)))).toBeGreaterThan(0.3)
  })
})

const [s, y] = [f64(1, 0, 0, 1).reshape([2, 2]), f64(1, 0, 0, 1).reshape([2, 2])]
describeErrors('ngame', {
  'ngameTripletLoss: scores must have shape [B, B], got [1, 2]; labels must have shape [B, B], got [2, 2] (B = 1). Expected scores [B, B], labels [B, B].':
    () => ngameTripletLoss(f64(1, 2).reshape([1, 2]), y),
  'ngameTripletLoss: numNegatives must be an integer of at least 1, got 0.': () =>
    ngameTripletLoss(s, y, { numNegatives: 0 }),
  'ngameTripletLoss: temperature must be a finite number greater than 0, got 0.': () =>
    ngameTripletLoss(s, y, { temperature: 0 }),
  'ngameTripletMultiLoss: margin must be finite, got Infinity.': () =>
    ngameTripletMultiLoss(s, y, { margin: Number.POSITIVE_INFINITY }),
  'ngameTripletMultiLoss: numPositives must be an integer of at least 1, got 1.5.': () =>
    ngameTripletMultiLoss(s, y, { numPositives: 1.5 }),
})
