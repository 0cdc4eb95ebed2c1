import { fc, test } from '@fast-check/vitest'
import { grad, mean, ones, sum, type Tensor, tensor, variance } from '@wengert/core'
import { laws, positives, shapes, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { gaussianNll } from './gaussianNll.ts'
import { squaredError } from './squaredError.ts'

const args = shapes({ minRank: 1, maxRank: 2 }).chain((shape) =>
  fc.tuple(tensors(shape), tensors(shape), positives(shape)),
)
const density = (mean: number, t: number, v: number): number =>
  Math.exp(-((t - mean) ** 2) / (2 * v)) / Math.sqrt(2 * Math.PI * v)

describeLoss(gaussianNll, {
  name: 'gaussianNll',
  args,
  laws: {
    'is ½ (log v + r² / v), in plain numbers': (p, t, v) => {
      expectClose(
        gaussianNll(p, t, v),
        elementwise((p, t, v) => (Math.log(v) + (p - t) ** 2 / v) / 2, p, t, v),
      )
    },
    'is, in full, minus the logarithm of the density': (p, t, v) => {
      const [near, r] = [p.div(8), p.div(8).sub(t.div(8))]
      expectClose(
        gaussianNll(near, t.div(8), v, { full: true }),
        elementwise((r, v) => -Math.log(density(r, 0, v)), r, v),
      )
    },
    'is half of squaredError for variance 1': (p, t, v) => {
      expectClose(gaussianNll(p, t, ones(v.shape, { dtype: 'f64' })), squaredError(p, t).mul(0.5))
    },
    'does not change when predictions and targets are shifted': laws.shiftInvariant(gaussianNll, { args: [0, 1] }),
    'has the documented gradients': (p, t, v) => {
      const objective = (x: readonly [Tensor, Tensor]): Tensor => sum(gaussianNll(x[0], t, x[1]))
      const [byMean, byVariance] = grad(objective)([p, v])
      const r = p.sub(t)
      expectClose(byMean, r.div(v))
      expectClose(byVariance, r.square().div(v).neg().add(1).div(v.mul(2)))
    },
  },
})

describe('gaussianNll', () => {
  test.prop([fc.integer({ min: 2, max: 5 }).chain((n) => tensors([n], { distinct: true }))])(
    'has a stationary point at mean and variance of the targets',
    (t) => {
      const flat = ([m, v]: readonly [Tensor, Tensor]): Tensor =>
        sum(gaussianNll(m.broadcastTo(t.shape), t, v.broadcastTo(t.shape)))
      for (const slope of grad(flat)([mean(t), variance(t)])) expect(Math.abs(value(slope))).toBeLessThan(1e-6)
    },
  )

  it('takes variances below eps for eps, without a gradient', () => {
    const [p, t] = [tensor([1, 1, 1]), tensor([2, 2, 2])]
    const computed = (): Tensor => tensor([0, 1e-12, -1]).mul(1)
    const atEps = gaussianNll(p, t, tensor([1e-6, 1e-6, 1e-6]))
    expect(values(gaussianNll(p, t, computed()))).toEqual(values(atEps))
    expect(values(grad((x: Tensor) => sum(gaussianNll(p, t, x)))(computed()))).toEqual([0, 0, 0])
    expect(values(gaussianNll(p, t, computed(), { eps: 1 }))).toEqual([0.5, 0.5, 0.5])
  })
})

describeErrors('gaussianNll', {
  'gaussianNll: variances must be at least 0, got -1 at [1].': () =>
    gaussianNll(tensor([1, 2]), tensor([1, 2]), tensor([1, -1])),
  'gaussianNll: eps must be a finite number greater than 0, got 0.': () =>
    gaussianNll(tensor([1]), tensor([1]), tensor([1]), { eps: 0 }),
})
