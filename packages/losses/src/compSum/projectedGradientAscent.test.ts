import { fc, test } from '@fast-check/vitest'
import { grad, key, matmul, max, maximum, norm, sum, type Tensor, tensor } from '@wengert/core'
import { labels, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { describe, expect } from 'vitest'
import { type ProjectedGradientAscentOptions, projectedGradientAscent } from './projectedGradientAscent.ts'
import { smoothAdversarialCompSumLoss } from './smoothAdversarialCompSumLoss.ts'

const balls = fc.constantFrom('linf', 'l2')
const seeds = fc.nat({ max: 999 }).map(key)
const radii = fc.integer({ min: 0, max: 8 }).map((n) => n / 8)
const size = (d: Tensor, ball: 'linf' | 'l2'): Tensor =>
  ball === 'l2' ? norm(d, { axis: -1 }) : max(d.abs(), { axis: -1 })

describe('projectedGradientAscent', () => {
  test.prop([tensors([3, 4]), tensors([3, 4]), balls, radii, seeds])(
    'stays in the ball, where the objective is no less',
    (x, to, norm, radius, key) => {
      const objective = (at: Tensor): Tensor => sum(at.sub(to).square().neg().exp(), { axis: -1 })
      const moved = projectedGradientAscent(objective, x, { radius, key, norm })
      for (const length of values(size(moved.sub(x), norm))) expect(length).toBeLessThanOrEqual(radius + 1e-12)
      const [before, after] = [objective(x), objective(moved)]
      expectClose(maximum(before, after), after, 0)
    },
  )

  test.prop([tensors([3, 4], { avoid: [0] }), tensors([3, 4]), radii, seeds])(
    'finds the corner of the ball in which a linear objective is greatest',
    (slopes, x, radius, key) => {
      const linear = (at: Tensor): Tensor => sum(at.mul(slopes), { axis: -1 })
      const gain = (norm: 'linf' | 'l2'): Tensor => {
        const options: ProjectedGradientAscentOptions = { radius, key, norm, steps: 20, stepSize: radius || 1 }
        return linear(projectedGradientAscent(linear, x, options)).sub(linear(x))
      }
      expectClose(gain('linf'), sum(slopes.abs(), { axis: -1 }).mul(radius))
      // A step of a radius does not land on the far side of the sphere at once, but comes ever nearer.
      expectClose(gain('l2'), norm(slopes, { axis: -1 }).mul(radius), 1e-3)
    },
  )

  test.prop([tensors([2, 3]), tensors([3, 4]), labels([2], 4), balls, seeds])(
    'leaves the point at which margins do not move',
    (x, weight, y, ball, key) => {
      const model = (at: Tensor): Tensor => matmul(at, weight)
      const shift = (at: Tensor): Tensor => smoothAdversarialCompSumLoss(model(x), model(at), y)
      const moved = projectedGradientAscent(shift, x, { radius: 0.5, key, norm: ball })
      const [before, after] = [values(shift(x)), values(shift(moved))]
      const flat = values(sum(weight.sub(weight.slice([0, 0], [3, 1])).abs()))[0] === 0
      after.forEach((value, i) => {
        if (!flat) expect(value).toBeGreaterThan(before[i] as number)
      })
    },
  )

  test.prop([tensors([2, 3, 2]), balls, seeds])('takes one value per example of any shape', (x, norm, key) => {
    const pictures = (at: Tensor): Tensor => sum(at.square(), { axis: [1, 2] })
    expect(projectedGradientAscent(pictures, x, { radius: 1, key, norm }).shape).toEqual([2, 3, 2])
    const whole = (at: Tensor): Tensor => sum(at.square())
    expect(projectedGradientAscent(whole, x, { radius: 1, key, norm }).shape).toEqual([2, 3, 2])
  })

  test.prop([tensors([2, 3]), seeds])('lets no gradient through', (x, key) => {
    const moved = (at: Tensor): Tensor =>
      sum(projectedGradientAscent((p) => sum(p.square(), { axis: -1 }), at, { radius: 1, key }))
    expectClose(grad(moved)(x), 0, 0)
  })
})

const square = (x: Tensor): Tensor => sum(x.square(), { axis: -1 })

describeErrors('projectedGradientAscent', {
  'projectedGradientAscent: radius must be a finite number of at least 0, got -1.': () =>
    projectedGradientAscent(square, tensor([1, 2]), { radius: -1, key: key(0) }),
  'projectedGradientAscent: norm must be one of linf, l2, got l1.': () =>
    projectedGradientAscent(square, tensor([1, 2]), { radius: 1, key: key(0), norm: 'l1' as 'l2' }),
  'projectedGradientAscent: steps must be an integer of at least 1, got 0.': () =>
    projectedGradientAscent(square, tensor([1, 2]), { radius: 1, key: key(0), steps: 0 }),
  'projectedGradientAscent: stepSize must be greater than 0, got 0.': () =>
    projectedGradientAscent(square, tensor([1, 2]), { radius: 1, key: key(0), stepSize: 0 }),
  'projectedGradientAscent: objective must return one value per example, in the leading axes of x [2, 3], got [3]. Sum over the axes of an example.':
    () =>
      projectedGradientAscent(
        (x) => sum(x, { axis: 0 }),
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
        { radius: 1, key: key(0) },
      ),
})
