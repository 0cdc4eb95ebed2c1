import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor, where } from '@wengert/core'
import { laws, shapes, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { squaredError } from '../regression/squaredError.ts'
import { assistiveLoss } from './assistiveLoss.ts'
import { landmarkKdLoss } from './landmarkKdLoss.ts'

type Four = [Tensor, Tensor, Tensor, Tensor]
const any: fc.Arbitrary<Four> = shapes({ minRank: 1, maxRank: 2 }).chain((shape) =>
  fc.tuple(tensors(shape), tensors(shape), tensors(shape), tensors(shape)),
)
// Beyond both teachers' errors of 1/2 and 1, within both rings, or within both borders.
const away = shapes({ minRank: 1, maxRank: 2 })
  .chain((shape) => fc.tuple(tensors(shape, { min: 0.25, max: 2.25, avoid: [0.5, 1] }), tensors(shape)))
  .map(([u, t]): Four => [t.add(u), t, t.add(0.5), t.sub(1)])
const mainOnly = { toughWeight: 0, tolerantWeight: 0 }

describeLoss(landmarkKdLoss, {
  name: 'landmarkKdLoss',
  args: any,
  smooth: away,
  laws: {
    'is its three parts': (p, t, tough, tolerant) => {
      const parts = [
        landmarkKdLoss(p, t, tough, tolerant, mainOnly),
        assistiveLoss(p, t, tough),
        assistiveLoss(p, t, tolerant, { alpha: 1.8, alphaMinus: -0.4 }),
      ] as const
      expectClose(landmarkKdLoss(p, t, tough, tolerant), parts[0].add(parts[1]).add(parts[2]))
    },
    'has the main part of the formula, in plain numbers': (p, t, tough, tolerant) => {
      const plain = (p: number, t: number, teacher: number): number => {
        const [size, d] = [Math.abs(p - t), Math.abs(teacher - t)]
        return 2 * (size <= d ? 3 * size : size ** 2 + 3 * d - d ** 2)
      }
      expectClose(landmarkKdLoss(p, t, tough, tolerant, mainOnly), elementwise(plain, p, t, tolerant))
    },
    'does not care on which side the teachers err': laws.invariant(
      landmarkKdLoss,
      (p, t, tough, tolerant) => [p, t, t.mul(2).sub(tough), t.mul(2).sub(tolerant)],
      { tolerance: 0 },
    ),
    'is 0 at the target': (_, t, tough, tolerant) => {
      expectClose(landmarkKdLoss(t, t, tough, tolerant), 0, 0)
    },
    'is twice squaredError with perfect teachers': (p, t) => {
      expectClose(landmarkKdLoss(p, t, t, t), squaredError(p, t).mul(2))
    },
    'does not change when all are shifted': laws.shiftInvariant(landmarkKdLoss, { args: [0, 1, 2, 3] }),
  },
})

describe('landmarkKdLoss', () => {
  test.prop([any])('points away from the target nowhere, and has an odd gradient', ([p, t, tough, tolerant]) => {
    const slope = (x: Tensor): Tensor => grad((z: Tensor) => sum(landmarkKdLoss(z, t, tough, tolerant)))(x)
    laws.bounded((g: Tensor) => g.mul(p.sub(t)), { min: 0 })(slope(p))
    expectClose(slope(t.mul(2).sub(p)), slope(p).neg())
    const main = grad((z: Tensor) => sum(landmarkKdLoss(z, t, tough, tolerant, { ...mainOnly, mainWeight: 1 })))(p)
    const [u, d] = [p.sub(t), tolerant.sub(t).abs()]
    const linear = where(u.greater(0), 3, where(u.less(0), -3, 0)).cast('f64')
    expectClose(main, where(u.abs().lessEqual(d), linear, u.mul(2)))
  })

  it('may be negative within the ring of a teacher', () => {
    const all = [tensor([0.2]), tensor([0]), tensor([1]), tensor([1])] as const
    expect(values(landmarkKdLoss(...all, { mainWeight: 0 }))[0]).toBeCloseTo(-0.85 * 0.8, 6)
  })
})

describeErrors('landmarkKdLoss', {
  'landmarkKdLoss: tolerantTeacher must have shape [...S], got [2] (...S = [1]). Expected predictions [...S], targets [...S], toughTeacher [...S], tolerantTeacher [...S].':
    () => landmarkKdLoss(tensor([1]), tensor([1]), tensor([1]), tensor([1, 2])),
})
