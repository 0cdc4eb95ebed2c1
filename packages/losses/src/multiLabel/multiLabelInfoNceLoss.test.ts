import { fc, test } from '@fast-check/vitest'
import { argMax, grad, softmax, sum, type Tensor, take, tensor, where } from '@wengert/core'
import { laws, logits, masks, oneHots, positives, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, multiLabelled, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { multiLabelInfoNceLoss } from './multiLabelInfoNceLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const loss = (z: Tensor, y: Tensor): Tensor => multiLabelInfoNceLoss(z, y, { temperature: 1 })
const gradient = (f: (z: Tensor) => Tensor, z: Tensor): Tensor => grad((x: Tensor) => sum(f(x)))(z)
const count = (y: Tensor): Tensor => sum(y, { axis: -1, keepDims: true }).cast('f64')

describeLoss(loss, {
  name: 'multiLabelInfoNceLoss',
  args: multiLabelled(),
  smooth: multiLabelled(tensors),
  laws: {
    'is at least n log n for n positives': (z, y) => {
      const least = values(count(y)).map((n) => (n > 0 ? n * Math.log(n) : 0))
      values(loss(z, y)).forEach((v, i) => {
        expect(v).toBeGreaterThanOrEqual((least[i] as number) - 1e-11)
      })
    },
    'does not change when all scores of an example are shifted': laws.shiftInvariant(loss),
    'has the gradient n softmax − labels': (z, y) => {
      const expected = softmax(z).mul(count(y)).sub(y.cast('f64'))
      expectClose(
        gradient((x) => loss(x, y), z),
        expected,
      )
    },
    'divides by the temperature': (z, y) => {
      expectClose(multiLabelInfoNceLoss(z, y, { temperature: 4 }), loss(z.div(4), y))
      expectClose(multiLabelInfoNceLoss(z, y), multiLabelInfoNceLoss(z, y, { temperature: 0.05 }), 0)
    },
  },
})

describe('multiLabelInfoNceLoss', () => {
  test.prop([fc.tuple(logits([2, 4]), oneHots([2, 4], { dtype: 'i32' }))])(
    'is crossEntropy where one label is true',
    ([z, y]) => {
      expectClose(loss(z, y), crossEntropy(z, argMax(y, { axis: -1 })))
    },
  )

  test.prop([fc.tuple(tensors([3, 4]), tensors([3, 4]), oneHots([3, 4]))])('is convex', ([a, b, y]) => {
    laws.convex(loss)(a, b, y)
  })

  test.prop([multiLabelled(tensors).chain(([z, y]) => fc.tuple(fc.constant(z), fc.constant(y), positives(z.shape)))])(
    'counts positives by weights, one by one',
    ([z, y, weights]) => {
      const weighted = (w: Tensor): Tensor => multiLabelInfoNceLoss(z, y, { temperature: 1, weights: w })
      expectClose(weighted(weights).add(weighted(weights.neg().add(1))), loss(z, y))
      expectClose(weighted(weights.mul(y.cast('f64'))), weighted(weights))
    },
  )

  test.prop([fc.tuple(logits([2, 5]), tensors([2, 5]), masks([5]))])(
    'knows nothing of labels that take no part',
    ([z, t, mask]) => {
      const y = t.greater(0)
      const left = values(mask).flatMap((there, i) => (there ? [i] : []))
      fc.pre(left.length > 0)
      const [zs, ys] = [z, y].map((x) => take(x, tensor(left, { dtype: 'i32' }), { axis: 1 })) as [Tensor, Tensor]
      const masked = multiLabelInfoNceLoss(z, y, { temperature: 1, mask: mask.broadcastTo([2, 5]) })
      expectClose(masked, loss(zs, ys))
    },
  )

  it('is n log n where the positives are equal and all else is ruled out', () => {
    const z = f64(2, Number.NEGATIVE_INFINITY, 2, 2)
    expect(value(loss(z, f64(1, 0, 1, 1)))).toBeCloseTo(3 * Math.log(3), 12)
    expect(values(gradient((x) => loss(x, f64(1, 0, 1, 1)), z)).every((g) => Math.abs(g) < 1e-12)).toBe(true)
  })

  it('spoils only the rows of computed labels out of range', () => {
    const z = f64(1, 2, 3, 4).reshape([2, 2])
    const y = where(z.greater(3), 2, 1)
    expect(values(loss(z, y)).map(Number.isNaN)).toEqual([false, true])
  })
})

describeErrors('multiLabelInfoNceLoss', {
  'multiLabelInfoNceLoss: temperature must be a finite number greater than 0, got 0.': () =>
    multiLabelInfoNceLoss(f64(1, 2), f64(0, 1), { temperature: 0 }),
  'multiLabelInfoNceLoss: labels must be 0 or 1, got 2 at [1]. Signs become such labels with labels.greater(0).': () =>
    multiLabelInfoNceLoss(f64(1, 2), f64(0, 2)),
  'multiLabelInfoNceLoss: weights must have shape [...B, K], got [3] (...B = [], K = 2). Expected scores [...B, K], weights [...B, K].':
    () => multiLabelInfoNceLoss(f64(1, 2), f64(0, 1), { weights: f64(1, 2, 3) }),
  'multiLabelInfoNceLoss: number of labels must be an integer of at least 1, got 0.': () =>
    multiLabelInfoNceLoss(f64(), f64()),
})
