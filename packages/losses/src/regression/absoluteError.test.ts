import { grad, sign, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, paired, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { absoluteError } from './absoluteError.ts'
import { squaredError } from './squaredError.ts'

const awayFromKink = paired((shape) => tensors(shape, { avoid: [0] }), tensors).map(([r, t]): [Tensor, Tensor] => [
  r.add(t),
  t,
])

describeLoss(absoluteError, {
  name: 'absoluteError',
  args: paired(tensors, tensors),
  smooth: awayFromKink,
  laws: {
    'is |predictions − targets|, in plain numbers': (p, t) => {
      expectClose(
        absoluteError(p, t),
        elementwise((p, t) => Math.abs(p - t), p, t),
        0,
      )
    },
    'is symmetric': laws.symmetric(absoluteError, { tolerance: 0 }),
    'grows with the unit': laws.homogeneous(absoluteError, { args: [0, 1] }),
    'is the root of squaredError': (p, t) => {
      expectClose(absoluteError(p, t).square(), squaredError(p, t))
    },
    'has the sign of the residual as gradient, 0 at the kink': (p, t) => {
      expectClose(grad((x: Tensor) => sum(absoluteError(x, t)))(p), sign(p.sub(t)), 0)
    },
  },
})

describe('absoluteError', () => {
  it('has its least sum at the median', () => {
    const targets = tensor([1, 2, 3, 50, 60])
    const at = (guess: number): number => values(sum(absoluteError(targets.mul(0).add(guess), targets)))[0] as number
    expect(at(3)).toBeLessThan(Math.min(at(2.9), at(3.1), at(23.2)))
  })
})

describeErrors('absoluteError', {
  "absoluteError: predictions must be f32 or f64, got i32 [1]. Cast it, e.g. predictions.cast('f32').": () =>
    absoluteError(tensor([1], { dtype: 'i32' }), tensor([1])),
})
