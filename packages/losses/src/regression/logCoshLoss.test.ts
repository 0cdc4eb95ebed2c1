import { grad, sum, type Tensor, tanh, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, paired, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { absoluteError } from './absoluteError.ts'
import { logCoshLoss } from './logCoshLoss.ts'
import { squaredError } from './squaredError.ts'

describeLoss(logCoshLoss, {
  name: 'logCoshLoss',
  args: paired(tensors, tensors),
  laws: {
    'is log cosh of the residual, in plain numbers': (p, t) => {
      expectClose(
        logCoshLoss(p, t),
        elementwise((p, t) => Math.log(Math.cosh(p - t)), p, t),
      )
    },
    'is symmetric': laws.symmetric(logCoshLoss, { tolerance: 0 }),
    'lies below half the square and the absolute error, and above it less log 2': (p, t) => {
      laws.bounded((p: Tensor, t: Tensor) => squaredError(p, t).mul(0.5).sub(logCoshLoss(p, t)), { min: -1e-15 })(p, t)
      const below = laws.bounded((p: Tensor, t: Tensor) => absoluteError(p, t).sub(logCoshLoss(p, t)), {
        min: 0,
        max: Math.LN2,
        tolerance: 1e-15,
      })
      below(p, t)
    },
    'has the gradient tanh(predictions − targets)': (p, t) => {
      expectClose(grad((x: Tensor) => sum(logCoshLoss(x, t)))(p), tanh(p.sub(t)))
    },
  },
})

describe('logCoshLoss', () => {
  it('keeps the digits of small residuals in f32', () => {
    const [tiny, small] = values(logCoshLoss(tensor([1e-5, 1e-3]), tensor([0, 0])))
    expect(tiny).toBeCloseTo(5e-11, 16)
    expect(small).toBeCloseTo(5e-7 - 1e-12 / 12, 12)
  })

  it('is |r| − log 2 far out', () => {
    const far = values(logCoshLoss(tensor([1e4, -1e4], { dtype: 'f64' }), tensor([0, 0], { dtype: 'f64' })))
    expect(far).toEqual([1e4 - Math.LN2, 1e4 - Math.LN2])
  })

  it('has second derivative 1 at residual 0', () => {
    const slope = grad((x: Tensor) => sum(logCoshLoss(x, tensor([2]))))
    expect(values(grad((x: Tensor) => sum(slope(x)))(tensor([2])))).toEqual([1])
  })
})

describeErrors('logCoshLoss', {
  'logCoshLoss: targets must have shape [...S], got [2] (...S = [1]). Expected predictions [...S], targets [...S].':
    () => logCoshLoss(tensor([1]), tensor([1, 2])),
})
