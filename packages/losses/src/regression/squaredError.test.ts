import { fc, test } from '@fast-check/vitest'
import { grad, mean, sum, type Tensor, tensor, variance } from '@wengert/core'
import { tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { squaredError } from './squaredError.ts'

describeLoss(squaredError, {
  name: 'squaredError',
  args: paired(tensors, tensors),
  laws: {
    'is 0 where predictions equal targets, and nowhere below': (p, t) => {
      expectClose(squaredError(t, t), 0, 0)
      for (const loss of values(squaredError(p, t))) expect(loss).toBeGreaterThanOrEqual(0)
    },
    'is symmetric': (p, t) => expectClose(squaredError(p, t), squaredError(t, p), 0),
    'does not change when both are shifted': (p, t) =>
      expectClose(squaredError(p.add(2), t.add(2)), squaredError(p, t)),
    'has the gradient 2 (predictions − targets)': (p, t) => {
      expectClose(grad((x: Tensor) => sum(squaredError(x, t)))(p), p.sub(t).mul(2))
    },
    'is, on average, variance plus squared bias of the residuals': (p, t) => {
      const r = p.sub(t)
      expectClose(mean(squaredError(p, t)), variance(r).add(mean(r).square()))
    },
  },
})

describe('squaredError', () => {
  test.prop([paired(tensors, tensors), fc.integer({ min: -9, max: 9 })])(
    'grows with the square of the unit',
    (pair, c) => {
      const [p, t] = pair
      expectClose(squaredError(p.mul(c), t.mul(c)), squaredError(p, t).mul(c * c))
    },
  )

  it('takes integer targets', () => {
    expect(values(squaredError(tensor([1, 2]), tensor([3, 2], { dtype: 'i32' })))).toEqual([4, 0])
  })
})

describeErrors('squaredError', {
  'squaredError: targets must have shape [...S], got [2] (...S = [1, 2]). Expected predictions [...S], targets [...S].':
    () => squaredError(tensor([[1, 2]]), tensor([1, 2])),
  "squaredError: predictions must be f32 or f64, got i32 [1]. Cast it, e.g. predictions.cast('f32').": () =>
    squaredError(tensor([1], { dtype: 'i32' }), tensor([1])),
})
