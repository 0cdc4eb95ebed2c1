import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, take, tensor, where } from '@wengert/core'
import { labels, laws, logits, masks, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { logSoftTopK } from './logSoftTopK.ts'
import { softTopKLoss } from './softTopKLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const options = { k: 2, temperature: 1 } as const
const loss = (z: Tensor, y: Tensor): Tensor => softTopKLoss(z, y, options)
const counts = (y: Tensor): Tensor => sum(y, { axis: -1 })
const tolerance = 1e-10
/** Of few shapes, for each of which the many steps to the threshold are planned. */
const labelled = (scores: (shape: readonly number[]) => fc.Arbitrary<Tensor>): fc.Arbitrary<[Tensor, Tensor]> =>
  fc.constantFrom([2, 4], [1, 3]).chain((shape) => fc.tuple(scores(shape), labels(shape, 2)))

describeLoss(loss, {
  name: 'softTopKLoss',
  share: 0.25,
  args: labelled(logits),
  smooth: labelled(tensors),
  laws: {
    'does not change when all scores of an example are shifted': laws.shiftInvariant(loss, { tolerance }),
    'is the mean of −logSoftTopK over the positives': (z, y) => {
      const terms = where(y.equal(1), logSoftTopK(z, 2).neg(), 0)
      const n = where(counts(y).equal(0), 1, counts(y)).cast('f64')
      expectClose(loss(z, y), sum(terms, { axis: -1 }).div(n), tolerance)
    },
    'has a gradient that sums to 0': (z, y) => {
      expectClose(sum(grad((x: Tensor) => sum(loss(x, y)))(z), { axis: -1 }), 0)
    },
    'predicts as many as are true for counts': (z, y) => {
      const counted = (k: 'counts' | Tensor): Tensor => softTopKLoss(z, y, { k, temperature: 1 })
      expectClose(counted('counts'), counted(counts(y)), 0)
    },
    'is never greater for more predictions': (z, y) => {
      const [one, two] = [softTopKLoss(z, y, { ...options, k: 1 }), loss(z, y)]
      laws.bounded(() => one.sub(two), { min: -1e-9 })()
    },
  },
})

describe('softTopKLoss', () => {
  test.prop([labelled(tensors)])(
    'tends to 0 for counts where all positives lead, as it gets colder',
    ([z, y]) => {
      const led = z.add(y.cast('f64').mul(32))
      laws.tendsTo(
        (temperature) => () => softTopKLoss(led, y, { k: 'counts', temperature }),
        () => sum(z, { axis: -1 }).mul(0),
        { along: [1, 0.25, 1 / 32], tolerance: 1e-20 },
      )()
    },
    10_000,
  )

  test.prop([fc.tuple(logits([2, 5]), masks([2, 5]), masks([5]))], runs(0.3))(
    'knows nothing of labels that take no part',
    ([z, y, mask]) => {
      const left = values(mask).flatMap((there, i) => (there ? [i] : []))
      fc.pre(left.length > 1)
      const [zs, ys] = [z, y].map((x) => take(x, tensor(left, { dtype: 'i32' }), { axis: 1 })) as [Tensor, Tensor]
      expectClose(softTopKLoss(z, y, { ...options, mask: mask.broadcastTo([2, 5]) }), loss(zs, ys), tolerance)
    },
  )

  it('costs nothing among the k best, half a gap beyond', () => {
    const z = f64(9000, 5000, 1000, 0)
    expect(value(loss(z, f64(1, 1, 0, 0)))).toBe(0)
    expect(value(loss(z, f64(0, 0, 1, 0)))).toBeCloseTo(2000, 9)
    expect(value(loss(z, f64(0, 0, 0, 1)))).toBeCloseTo(3000, 9)
  })

  it('is 0 without positives, and where all are predicted', () => {
    const z = f64(3, -1, 0)
    for (const y of [f64(0, 0, 0), f64(1, 1, 1)]) {
      expect(value(softTopKLoss(z, y, { k: 'counts' }))).toBe(0)
      expect(values(grad((x: Tensor) => softTopKLoss(x, y, { k: 'counts' }))(z)).map(Math.abs)).toEqual([0, 0, 0])
    }
  })
})

describeErrors('softTopKLoss', {
  'softTopKLoss: k must be from 0 to 2, got 5.': () => softTopKLoss(f64(1, 2), f64(0, 1)),
  'softTopKLoss: k must be one of counts, got all.': () => softTopKLoss(f64(1, 2), f64(0, 1), { k: 'all' as 'counts' }),
  'softTopKLoss: temperature must be a finite number greater than 0, got 0.': () =>
    softTopKLoss(f64(1, 2), f64(0, 1), { temperature: 0 }),
})
