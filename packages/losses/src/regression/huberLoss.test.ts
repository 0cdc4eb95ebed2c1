import { fc, test } from '@fast-check/vitest'
import { grad, maximum, minimum, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { huberLoss } from './huberLoss.ts'
import { squaredError } from './squaredError.ts'

const inf = Number.POSITIVE_INFINITY
const positive = fc.integer({ min: 1, max: 32 }).map((n) => n / 8)

describeLoss(huberLoss, {
  name: 'huberLoss',
  args: paired(tensors, tensors),
  smooth: paired((shape) => tensors(shape, { avoid: [-1, 1] }), tensors).map(([r, t]): [Tensor, Tensor] => [
    r.add(t),
    t,
  ]),
  laws: {
    'is at least 0, and 0 where predictions equal targets': (p, t) => {
      expectClose(huberLoss(t, t), 0, 0)
      for (const loss of values(huberLoss(p, t))) expect(loss).toBeGreaterThanOrEqual(0)
    },
    'is symmetric': laws.symmetric(huberLoss, { tolerance: 0 }),
    'lies below both ½ r² and |r|, and above |r| − ½': (p, t) => {
      const r = p.sub(t).abs()
      expectClose(maximum(huberLoss(p, t), r.square().mul(0.5)), r.square().mul(0.5))
      expectClose(maximum(huberLoss(p, t), r), r)
      expectClose(minimum(huberLoss(p, t), r.sub(0.5)), r.sub(0.5))
    },
    'has the residual, clipped to [−1, 1], as gradient': (p, t) => {
      const clipped = maximum(minimum(p.sub(t), 1), -1)
      expectClose(grad((x: Tensor) => sum(huberLoss(x, t)))(p), clipped)
    },
    'is half of squaredError where delta is never reached': (p, t) => {
      expectClose(huberLoss(p, t, { delta: inf }), squaredError(p, t).mul(0.5))
    },
  },
})

describe('huberLoss', () => {
  test.prop([paired(tensors, tensors), positive, positive])(
    'scales with the unit of residuals and delta',
    (pair, delta, c) => {
      const [p, t] = pair
      expectClose(huberLoss(p.mul(c), t.mul(c), { delta: delta * c }), huberLoss(p, t, { delta }).mul(c * c))
    },
  )

  it('has second derivative 1 at residual 0', () => {
    const t = tensor([2, 3])
    const slope = (x: Tensor): Tensor => grad((z: Tensor) => sum(huberLoss(z, t)))(x)
    expect(values(grad((x: Tensor) => sum(slope(x)))(t))).toEqual([1, 1])
  })
})

describeErrors('huberLoss', {
  'huberLoss: delta must be greater than 0, got 0.': () => huberLoss(tensor([1]), tensor([1]), { delta: 0 }),
})
