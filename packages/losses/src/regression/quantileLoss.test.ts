import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor, where } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, paired, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { absoluteError } from './absoluteError.ts'
import { quantileLoss } from './quantileLoss.ts'

const pairs = paired(tensors, tensors)
const quantiles = fc.integer({ min: 1, max: 15 }).map((n) => n / 16)
const loss = (p: Tensor, t: Tensor): Tensor => quantileLoss(p, t, { quantile: 0.75 })

describeLoss(loss, {
  name: 'quantileLoss',
  args: pairs,
  smooth: paired((shape) => tensors(shape, { avoid: [0] }), tensors).map(([r, t]): [Tensor, Tensor] => [r.add(t), t]),
  laws: {
    'is at least 0': laws.bounded(loss, { min: 0 }),
    'grows with the unit': laws.homogeneous(loss, { args: [0, 1] }),
    'does not change when both are shifted': laws.shiftInvariant(loss, { args: [0, 1] }),
  },
})

describe('quantileLoss', () => {
  test.prop([pairs, quantiles])('is the greater of two lines, in plain numbers', ([p, t], quantile) => {
    const lines = (p: number, t: number): number => Math.max(quantile * (t - p), (quantile - 1) * (t - p))
    expectClose(quantileLoss(p, t, { quantile }), elementwise(lines, p, t))
  })

  test.prop([pairs])('is half of absoluteError for the median', ([p, t]) => {
    expectClose(quantileLoss(p, t), absoluteError(p, t).mul(0.5))
  })

  test.prop([pairs, quantiles])('exchanges the quantile for its complement where signs change', ([p, t], quantile) => {
    expectClose(quantileLoss(p.neg(), t.neg(), { quantile: 1 - quantile }), quantileLoss(p, t, { quantile }))
  })

  test.prop([pairs, quantiles])('has the documented gradient', ([p, t], quantile) => {
    const slope = grad((x: Tensor) => sum(quantileLoss(x, t, { quantile })))(p)
    expectClose(slope, where(p.less(t), -quantile, where(p.greater(t), 1 - quantile, 0)).cast('f64'))
  })

  it('has its least sum at the quantile', () => {
    const targets = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const at = (guess: number): number =>
      value(sum(quantileLoss(targets.mul(0).add(guess), targets, { quantile: 0.85 })))
    const sums = values(targets).map(at)
    expect(sums.indexOf(Math.min(...sums))).toBe(8)
  })
})

describeErrors('quantileLoss', {
  'quantileLoss: quantile must be between 0 and 1, got 1.': () =>
    quantileLoss(tensor([1]), tensor([1]), { quantile: 1 }),
})
