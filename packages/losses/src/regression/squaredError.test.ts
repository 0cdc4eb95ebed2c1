import { grad, mean, sum, type Tensor, tensor, variance } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
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
    'is symmetric': laws.symmetric(squaredError, { tolerance: 0 }),
    'does not change when both are shifted': laws.shiftInvariant(squaredError, { args: [0, 1] }),
    'grows with the square of the unit': laws.homogeneous(squaredError, {
      degree: 2,
      args: [0, 1],
      factors: [-9, 0, 3],
    }),
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
  it('takes integer targets', () => {
    expect(values(squaredError(tensor([1, 2]), tensor([3, 2], { dtype: 'i32' })))).toEqual([4, 0])
  })
})

describeErrors('squaredError', {
  'squaredError: targets must have shape [...S], got [2] (...S = [1, 2]). Expected predictions [...S], targets [...S].':
    () => squaredError(tensor([[1, 2]]), tensor([1, 2])),
  "squaredError: predictions must be f32 or f64, got i32 [1]. Cast it, e.g. predictions.cast('f32').": () =>
    squaredError(tensor([1], { dtype: 'i32' }), tensor([1])),
  "squaredError: predictions must be f32 or f64, got f16 [1]. Cast it, e.g. predictions.cast('f32').": () =>
    squaredError(tensor([1], { dtype: 'f16' }), tensor([1])),
})
