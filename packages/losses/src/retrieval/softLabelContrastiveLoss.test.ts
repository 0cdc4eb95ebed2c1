import { fc, test } from '@fast-check/vitest'
import { grad, softmax, sum, type Tensor, take, tensor, zeros } from '@wengert/core'
import { laws, logits, masks, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { softLabelContrastiveLoss } from './softLabelContrastiveLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
type Rows = (shape: readonly number[]) => fc.Arbitrary<Tensor>
const scored = (scores: Rows): fc.Arbitrary<[Tensor, Tensor]> =>
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }))
    .chain((shape) => fc.tuple(scores(shape), tensors(shape)))
const weighted =
  (lambda: number) =>
  (s: Tensor, t: Tensor): Tensor =>
    softLabelContrastiveLoss(s, t, { temperature: 1, lambda })
const loss = weighted(0.25)
const infoNce = (s: Tensor): Tensor => crossEntropy(s, zeros([s.shape[0] as number], { dtype: 'i32' }))

describeLoss(loss, {
  name: 'softLabelContrastiveLoss',
  args: scored(logits),
  smooth: scored(tensors),
  laws: {
    'is crossEntropy of the first for λ = 0': (s, t) => {
      expectClose(weighted(0)(s, t), infoNce(s))
    },
    'is at least 0, and 0 for λ = 1 where the distributions agree': (s, t) => {
      laws.bounded(weighted(1), { min: -1e-12 })(s, t)
      expectClose(weighted(1)(t.add(3), t), 0)
    },
    'does not change when the scores of an example are shifted, either ones': laws.shiftInvariant(loss, {
      args: [0, 1],
    }),
    'is linear in λ': (s, t) => {
      expectClose(loss(s, t), weighted(0)(s, t).mul(0.75).add(weighted(1)(s, t).mul(0.25)))
    },
    'has the gradient p − (1 − λ) e₀ − λ q, which sums to 0, and none to the teacher': (s, t) => {
      const K = s.shape[1] as number
      const first = tensor(Float64Array.from({ length: K }, (_, i) => Number(i === 0)))
      const [g, none] = grad(([a, b]: [Tensor, Tensor]) => sum(loss(a, b)))([s, t]) as [Tensor, Tensor]
      expectClose(g, softmax(s).sub(first.mul(0.75)).sub(softmax(t).mul(0.25)))
      expectClose(none.abs(), 0, 0)
    },
    'divides by the temperatures': (s, t) => {
      const cold = softLabelContrastiveLoss(s, t, { temperature: 2, teacherTemperature: 4, lambda: 0.25 })
      expectClose(cold, loss(s.div(2), t.div(4)))
    },
  },
})

describe('softLabelContrastiveLoss', () => {
  test.prop([fc.tuple(tensors([3, 4]), tensors([3, 4], { min: 0, max: 4 }))])(
    'is InfoNCE for any λ where a cold teacher prefers the first',
    ([s, t]) => {
      const sure = t.add(f64(5, 0, 0, 0))
      laws.tendsTo(
        (teacherTemperature) => () =>
          softLabelContrastiveLoss(s, sure, { temperature: 1, lambda: 0.75, teacherTemperature }),
        () => infoNce(s),
        { along: [1, 0.1, 0.01] },
      )()
    },
  )

  test.prop([fc.tuple(logits([2, 4]), tensors([2, 4]), masks([4]))])(
    'knows nothing of candidates that take no part, but for the first',
    ([s, t, mask]) => {
      const left = values(mask).flatMap((there, i) => (there || i === 0 ? [i] : []))
      const [a, b] = [s, t].map((x) => take(x, tensor(left, { dtype: 'i32' }), { axis: 1 })) as [Tensor, Tensor]
      const options = { temperature: 1, lambda: 0.25, mask: mask.broadcastTo([2, 4]) }
      expectClose(softLabelContrastiveLoss(s, t, options), loss(a, b))
      const g = grad((x: Tensor) => sum(softLabelContrastiveLoss(x, t, options)))(s)
      expect(values(g).every((v, i) => left.includes(i % 4) || v === 0)).toBe(true)
    },
  )

  it('has the documented defaults', () => {
    const [s, t] = [f64(0.5, 0.25), f64(1, 2)]
    const options = { temperature: 0.05, teacherTemperature: 1, lambda: 0.5 }
    expect(value(softLabelContrastiveLoss(s, t))).toBe(value(softLabelContrastiveLoss(s, t, options)))
  })
})

describeErrors('softLabelContrastiveLoss', {
  'softLabelContrastiveLoss: lambda must be from 0 to 1, got 2.': () =>
    softLabelContrastiveLoss(f64(1), f64(1), { lambda: 2 }),
  'softLabelContrastiveLoss: teacherTemperature must be a finite number greater than 0, got 0.': () =>
    softLabelContrastiveLoss(f64(1), f64(1), { teacherTemperature: 0 }),
  'softLabelContrastiveLoss: number of candidates must be an integer of at least 1, got 0.': () =>
    softLabelContrastiveLoss(f64(), f64()),
})
