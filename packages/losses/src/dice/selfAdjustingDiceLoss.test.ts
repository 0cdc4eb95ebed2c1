import { type fc, test } from '@fast-check/vitest'
import { grad, sigmoid, softmax, sum, type Tensor, takeAlong, tensor } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, describeLoss, expectClose, paired, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { diceLoss } from './diceLoss.ts'
import { selfAdjustingDiceLoss } from './selfAdjustingDiceLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const binary = (shape: readonly number[]): fc.Arbitrary<Tensor> => labels(shape, 2)
const variants = [
  { alpha: 1, gamma: 1 },
  { alpha: 0.5, gamma: 0.1 },
  { alpha: 0, gamma: 1 },
]

for (const { alpha, gamma } of variants)
  describe(`with alpha = ${alpha}, gamma = ${gamma}`, () => {
    const loss = (z: Tensor, y: Tensor): Tensor => selfAdjustingDiceLoss(z, y, { alpha, gamma })

    describeLoss(loss, {
      name: 'selfAdjustingDiceLoss',
      args: classified(),
      smooth: classified(tensors),
      share: 0.25,
      laws: {
        'does not change when all logits of an example are shifted': laws.shiftInvariant(loss),
        'is from 0 to 1 / (1 + gamma)': laws.bounded(loss, { min: 0, max: 1 / (1 + gamma), tolerance: 1e-12 }),
        'is its formula of the probability at the label': (z, y) => {
          const p = takeAlong(softmax(z), y.expandDims(-1)).squeeze(-1)
          const q = p.neg().add(1).pow(alpha).mul(p)
          const wanted = q
            .mul(2)
            .add(gamma)
            .div(q.add(1 + gamma))
            .neg()
            .add(1)
          // 1 − p has lost its digits where p is all but 1.
          if (alpha === 0 || values(p).every((v) => v < 1 - 1e-6)) expectClose(loss(z, y), wanted, 1e-8)
        },
      },
    })

    describeLoss(loss, {
      name: 'selfAdjustingDiceLoss',
      args: paired(logits, binary),
      smooth: paired(tensors, binary),
      share: 0.25,
      laws: { 'is from 0 to 1': laws.bounded(loss, { min: 0, max: 1 }) },
    })

    test.prop([paired(tensors, binary)])('has the documented gradient', ([z, y]) => {
      const [ps, ys] = [values(sigmoid(z)), values(y)]
      values(grad((x: Tensor) => sum(loss(x, y)))(z)).forEach((g, i) => {
        const p = ps[i] as number
        const q = (1 - p) ** alpha * p
        const byQ = ys[i] ? -(2 + gamma) / (q + 1 + gamma) ** 2 : gamma / (q + gamma) ** 2
        expect(g).toBeCloseTo(byQ * (1 - p) ** (alpha - 1) * (1 - p - alpha * p) * p * (1 - p), 10)
      })
    })
  })

describe('selfAdjustingDiceLoss', () => {
  test.prop([paired(logits, binary)])('without decay is diceLoss per example', ([z, y]) => {
    expectClose(selfAdjustingDiceLoss(z, y, { alpha: 0 }), diceLoss(z, y, { form: 'perExample', smooth: 1 }))
  })

  it('is least at p = 1 / (1 + alpha), and alike at both ends', () => {
    const one = f64(1)
    for (const alpha of [0.5, 1, 3]) {
      const loss = (z: Tensor): Tensor => sum(selfAdjustingDiceLoss(z, one, { alpha }))
      expect(value(grad(loss)(f64(-Math.log(alpha))))).toBeCloseTo(0, 12)
      const [never, least, sure] = [-800, -Math.log(alpha), 800].map((z) => value(loss(f64(z)))) as [
        number,
        number,
        number,
      ]
      expect(never).toBe(0.5)
      expect(sure).toBe(0.5)
      expect(least).toBeLessThan(0.5)
    }
  })

  it('is constant with gradient 0 of one class alone', () => {
    const label = tensor(0, { dtype: 'i32' })
    expect(value(selfAdjustingDiceLoss(f64(3), label, { gamma: 3 }))).toBe(0.25)
    expect(values(grad((z: Tensor) => selfAdjustingDiceLoss(z, label))(f64(3))).map(Math.abs)).toEqual([0])
  })

  it('marks computed labels out of range by NaN', () => {
    const computed = tensor([0, 1]).add(1)
    expect(values(selfAdjustingDiceLoss(tensor([1, 2]), computed)).map(Number.isNaN)).toEqual([false, true])
  })
})

describeErrors('selfAdjustingDiceLoss', {
  'selfAdjustingDiceLoss: alpha must be a finite number of at least 0, got -1.': () =>
    selfAdjustingDiceLoss(f64(1), f64(1), { alpha: -1 }),
  'selfAdjustingDiceLoss: gamma must be a finite number of at least 0, got Infinity.': () =>
    selfAdjustingDiceLoss(f64(1), f64(1), { gamma: Number.POSITIVE_INFINITY }),
  'selfAdjustingDiceLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    selfAdjustingDiceLoss(f64(1, 2), tensor(2, { dtype: 'i32' })),
})
