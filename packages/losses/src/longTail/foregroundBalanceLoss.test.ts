import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, sigmoid, sum, type Tensor, tensor, zeros } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { binaryCrossEntropy } from '../classification/binaryCrossEntropy.ts'
import { type ForegroundHistory, foregroundBalanceLoss, foregroundHistoryStep } from './foregroundBalanceLoss.ts'

const empty = (C: number): ForegroundHistory => ({
  confusionSum: zeros([C, C], { dtype: 'f64' }),
  classCount: zeros([C], { dtype: 'f64' }),
})
const history: ForegroundHistory = {
  confusionSum: tensor(
    [
      [6, 3, 1],
      [0.5, 2, 0.5],
      [0, 1, 1],
    ],
    { dtype: 'f64' },
  ),
  classCount: tensor([10, 3, 2], { dtype: 'f64' }),
}
const loss = (z: Tensor, y: Tensor): Tensor => foregroundBalanceLoss(z, y, history)
const batch = (of: typeof tensors): fc.Arbitrary<[Tensor, Tensor]> =>
  fc.integer({ min: 1, max: 4 }).chain((B) => fc.tuple(of([B, 4]), labels([B], 4)))
/** Scores that are apart, from each other and from the threshold, so that no weight jumps nearby. */
const apart = batch((shape) => tensors(shape, { distinct: true })).filter(([z]) =>
  values(z).every((a, i, all) => Math.abs(a) < 8 && all.every((b, j) => i === j || Math.abs(a - b) > 1 / 128)),
)

describeLoss(loss, {
  name: 'foregroundBalanceLoss',
  args: batch(logits),
  smooth: apart,
  laws: {
    'is at least 0': laws.bounded(loss, { min: 0 }),
    'without history, margins or weights is the sum of binaryCrossEntropy over the columns': (z, y) => {
      const bare = sum(binaryCrossEntropy(z, oneHot(y, 4, { dtype: 'f64' })), { axis: -1 })
      expectClose(foregroundBalanceLoss(z, y, empty(3), { reweight: false }), bare)
      expectClose(foregroundBalanceLoss(z, y, history, { reweight: false, alpha: 0 }), bare)
    },
    'is at most what it is without weights, and the same for threshold 0': (z, y) => {
      const whole = foregroundBalanceLoss(z, y, history, { reweight: false })
      laws.bounded(() => whole.sub(loss(z, y)), { min: -1e-9 })()
      expectClose(foregroundBalanceLoss(z, y, history, { probThreshold: 0 }), whole)
    },
    'counts each class for background examples, without margins': (z, y) => {
      const none = y.mul(0).add(3)
      const bare = sum(binaryCrossEntropy(z, oneHot(none, 4, { dtype: 'f64' })), { axis: -1 })
      expectClose(loss(z, none), bare)
    },
  },
})

describe('foregroundBalanceLoss', () => {
  test.prop([batch(tensors)])(
    'has a gradient σ(z + m) − [j = y] in each class that counts, and always in its own',
    ([z, y]) => {
      const gradient = values(grad((x: Tensor) => sum(loss(x, y)))(z))
      const whole = values(grad((x: Tensor) => sum(foregroundBalanceLoss(x, y, history, { reweight: false })))(z))
      const own = values(oneHot(y, 4, { dtype: 'f64' }))
      gradient.forEach((g, i) => {
        const counts = own[i] === 1 || i % 4 === 3
        expect(counts ? g === whole[i] : g === 0 || g === whole[i]).toBe(true)
      })
    },
  )

  test.prop([batch(tensors)])('has margins that are those of the other class with the sign changed', ([z]) => {
    const slope = (y: number, j: number): number => {
      const flat = z.slice([0, 0], [1, 4]).mul(0)
      const g = grad((x: Tensor) =>
        sum(foregroundBalanceLoss(x, tensor([y], { dtype: 'i32' }), history, { reweight: false })),
      )(flat)
      const p = values(g)[j] as number as number
      return Math.log(p / (1 - p))
    }
    for (const [a, b] of [
      [0, 1],
      [1, 2],
      [0, 2],
    ] as const)
      expect(slope(a, b)).toBeCloseTo(-slope(b, a), 10)
    expect(slope(0, 1)).toBeCloseTo(Math.log(0.3 / (0.5 / 3)), 10)
  })

  it('leaves out easy negatives, and keeps those above the threshold', () => {
    const z = tensor([3, 2, -3, -9], { dtype: 'f64' })
    const y = tensor(0, { dtype: 'i32' })
    const g = (probThreshold: number): number[] =>
      values(grad((x: Tensor) => foregroundBalanceLoss(x, y, empty(3), { probThreshold }))(z))
    expect(g(0.99).map((x) => x !== 0)).toEqual([true, false, false, true])
    expect(g(0.8).map((x) => x !== 0)).toEqual([true, true, false, true])
    expect(g(0.8)[1]).toBeCloseTo(values(sigmoid(tensor([2], { dtype: 'f64' })))[0] as number, 12)
  })
})

describe('foregroundHistoryStep', () => {
  test.prop([batch(logits)])('adds a probability row for each foreground example', ([z, y]) => {
    const next = foregroundHistoryStep(history, z, y)
    expectClose(sum(next.confusionSum.sub(history.confusionSum), { axis: 1 }), next.classCount.sub(history.classCount))
    const counts = [0, 1, 2].map((c) => values(y).filter((label) => label === c).length)
    expect(values(next.classCount.sub(history.classCount))).toEqual(counts)
  })

  test.prop([batch(logits)])('does not change for background examples', ([z, y]) => {
    const next = foregroundHistoryStep(history, z, y.mul(0).add(3))
    expectClose(next.confusionSum, history.confusionSum, 0)
    expectClose(next.classCount, history.classCount, 0)
  })

  test.prop([batch(logits)])('adds up over the examples in any order', ([z, y]) => {
    laws.permutationInvariant((x: Tensor, t: Tensor) => foregroundHistoryStep(history, x, t))(z, y)
  })
})

const y = tensor([0], { dtype: 'i32' })
describeErrors('foregroundBalanceLoss', {
  'foregroundBalanceLoss: logits must have a column for each of the 3 classes of the history and one for the background, got [1, 3].':
    () => foregroundBalanceLoss(zeros([1, 3]), y, history),
  'foregroundHistoryStep: labels must be class indices from 0 to 3, got 4 at [0]. The logits have 4 classes.': () =>
    foregroundHistoryStep(history, zeros([1, 4]), tensor([4], { dtype: 'i32' })),
  'foregroundBalanceLoss: probThreshold must be from 0 to 1, got 2.': () =>
    foregroundBalanceLoss(zeros([1, 4]), y, history, { probThreshold: 2 }),
})
