import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { laws, shapes, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { assistiveLoss } from './assistiveLoss.ts'

const any = shapes({ minRank: 1, maxRank: 2 }).chain((shape) =>
  fc.tuple(tensors(shape), tensors(shape), tensors(shape)),
)
// Residuals of 0.1, 0.5 and 1.5 times the teacher's error, of either sign: far from all edges.
const away = shapes({ minRank: 1, maxRank: 2 })
  .chain((shape) =>
    fc.tuple(
      tensors(shape).map((x) =>
        elementwise((v) => [0.1, 0.5, 1.5, -0.1, -0.5, -1.5][Math.abs(Math.round(v)) + (v < 0 ? 2 : 0)] as number, x),
      ),
      tensors(shape),
      tensors(shape, { avoid: [0] }),
    ),
  )
  .map(([factor, t, error]): [Tensor, Tensor, Tensor] => [t.add(factor.mul(error)), t, t.add(error)])

/** The official code's form: a weight times the distance from a reflected teacher. */
const plain = (p: number, t: number, teacher: number): number => {
  const [u, d] = [p - t, Math.abs(teacher - t)]
  const reflected = t + Math.sign(u) * d
  if (u === 0 || d === 0 || Math.abs(u) < 0.15 * d) return 0
  return (Math.abs(u) > d ? 1.9 : -0.45) * Math.abs(reflected - p)
}

describeLoss(assistiveLoss, {
  name: 'assistiveLoss',
  args: any,
  smooth: away,
  laws: {
    'is a weight times the distance from the reflected teacher, in plain numbers': (p, t, teacher) => {
      expectClose(assistiveLoss(p, t, teacher), elementwise(plain, p, t, teacher), 1e-14)
    },
    'does not care on which side the teacher errs': laws.invariant(
      assistiveLoss,
      (p, t, teacher) => [p, t, t.mul(2).sub(teacher)],
      { tolerance: 0 },
    ),
    'does not care on which side the prediction errs': laws.invariant(
      assistiveLoss,
      (p, t, teacher) => [t.mul(2).sub(p), t, teacher],
      { tolerance: 0 },
    ),
    'does not change when all are shifted': laws.shiftInvariant(assistiveLoss, { args: [0, 1, 2], tolerance: 0 }),
    'is 0 at the target, and with a perfect teacher': (p, t, teacher) => {
      expectClose(assistiveLoss(t, t, teacher), 0, 0)
      expectClose(assistiveLoss(p, t, t), 0, 0)
    },
  },
})

describe('assistiveLoss', () => {
  test.prop([any])('never pushes away from the target, and leaves the teacher alone', ([p, t, teacher]) => {
    const loss = (x: readonly [Tensor, Tensor]): Tensor => sum(assistiveLoss(x[0], t, x[1]))
    const [slope, ofTeacher] = grad(loss)([p, teacher])
    laws.bounded((g: Tensor) => g.mul(p.sub(t)), { min: 0 })(slope)
    expect(values(slope).every((g) => [0, 0.45, 1.9].includes(Math.abs(g)))).toBe(true)
    expect(values(ofTeacher).every((g) => g === 0)).toBe(true)
  })

  it('is continuous at the error of the teacher, and jumps at the border', () => {
    const [t, teacher] = [tensor(0, { dtype: 'f64' }), tensor(-2, { dtype: 'f64' })]
    const at = (p: number): number => values(assistiveLoss(tensor(p, { dtype: 'f64' }), t, teacher))[0] as number
    expect(at(2)).toBeCloseTo(0, 15)
    expect(at(2 + 1e-9)).toBeCloseTo(0, 8)
    expect(at(0.3 - 1e-9)).toBe(0)
    expect(at(0.3 + 1e-9)).toBeCloseTo(-0.45 * 0.85 * 2, 8)
  })
})

describeErrors('assistiveLoss', {
  'assistiveLoss: border must be from 0 to 1, got 2.': () =>
    assistiveLoss(tensor([1]), tensor([1]), tensor([1]), { border: 2 }),
})
