import { fc, test } from '@fast-check/vitest'
import { clip, grad, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, paired } from '@wengert/testing'
import { describe } from 'vitest'
import { absoluteError } from './absoluteError.ts'
import { huberLoss } from './huberLoss.ts'
import { smoothL1Loss } from './smoothL1Loss.ts'

const pairs = paired(tensors, tensors)
const betas = fc.integer({ min: 1, max: 32 }).map((n) => n / 8)

describeLoss(smoothL1Loss, {
  name: 'smoothL1Loss',
  args: pairs,
  smooth: paired((shape) => tensors(shape, { avoid: [-1, 1] }), tensors).map(([r, t]): [Tensor, Tensor] => [
    r.add(t),
    t,
  ]),
  laws: {
    'is symmetric': laws.symmetric(smoothL1Loss, { tolerance: 0 }),
    'lies below the absolute error, by at most ½': (p, t) => {
      laws.bounded((p: Tensor, t: Tensor) => absoluteError(p, t).sub(smoothL1Loss(p, t)), { min: 0, max: 0.5 })(p, t)
    },
  },
})

describe('smoothL1Loss', () => {
  test.prop([pairs, betas])('is its two pieces, in plain numbers', ([p, t], beta) => {
    const piece = (p: number, t: number): number => {
      const size = Math.abs(p - t)
      return size <= beta ? size ** 2 / (2 * beta) : size - beta / 2
    }
    expectClose(smoothL1Loss(p, t, { beta }), elementwise(piece, p, t))
  })

  test.prop([pairs, betas])('is huberLoss over beta', ([p, t], beta) => {
    expectClose(smoothL1Loss(p, t, { beta }).mul(beta), huberLoss(p, t, { delta: beta }))
  })

  test.prop([pairs, betas])('has a slope of at most 1, whatever beta is', ([p, t], beta) => {
    const slope = grad((x: Tensor) => sum(smoothL1Loss(x, t, { beta })))(p)
    expectClose(slope, clip(p.sub(t).div(beta), { min: -1, max: 1 }))
  })

  test.prop([pairs])('tends to absoluteError as beta falls', ([p, t]) => {
    const family = (beta: number) => (p: Tensor, t: Tensor) => smoothL1Loss(p, t, { beta })
    laws.tendsTo(family, absoluteError, { along: [1, 1e-3, 1e-9], tolerance: 1e-9 })(p, t)
  })
})

describeErrors('smoothL1Loss', {
  'smoothL1Loss: beta must be a finite number greater than 0, got 0.': () =>
    smoothL1Loss(tensor([1]), tensor([1]), { beta: 0 }),
})
