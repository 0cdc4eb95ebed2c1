import { fc, test } from '@fast-check/vitest'
import {
  argMax,
  grad,
  logSumExp,
  oneHot,
  sigmoid,
  softmax,
  stack,
  sum,
  type Tensor,
  tensor,
  where,
} from '@wengert/core'
import { laws, logits, oneHots, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, multiLabelled, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { decoupledSoftmaxLoss } from './decoupledSoftmaxLoss.ts'
import { multiLabelInfoNceLoss } from './multiLabelInfoNceLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const loss = (z: Tensor, y: Tensor): Tensor => decoupledSoftmaxLoss(z, y, { temperature: 1 })
const gradient = (z: Tensor, y: Tensor): Tensor => grad((x: Tensor) => sum(loss(x, y)))(z)
const atLeastOne = (n: Tensor): Tensor => where(n.equal(0), 1, n)
const counts = (y: Tensor): Tensor => sum(y, { axis: -1 }).cast('f64')

describeLoss(loss, {
  name: 'decoupledSoftmaxLoss',
  args: multiLabelled(),
  smooth: multiLabelled(tensors),
  laws: {
    'does not change when all scores of an example are shifted': laws.shiftInvariant(loss),
    'is at most multiLabelInfoNceLoss, per positive': (z, y) => {
      const coupled = multiLabelInfoNceLoss(z, y, { temperature: 1 }).div(atLeastOne(counts(y)))
      laws.bounded(() => coupled.sub(loss(z, y)), { min: -1e-9 })()
    },
    'is the mean over positives of what each costs with the others left out': (z, y) => {
      const K = z.shape.at(-1) as number
      const alone = Array.from({ length: K }, (_, l) => {
        const only = oneHot(tensor(l, { dtype: 'i32' }), K).greater(0)
        const mask = y.equal(0).or(only)
        const cost = decoupledSoftmaxLoss(z, y, { temperature: 1, mask })
        return cost.mul(sum(where(only, y, 0), { axis: -1 }).cast('f64'))
      })
      expectClose(sum(stack(alone), { axis: 0 }).div(atLeastOne(counts(y))), loss(z, y))
    },
    'never costs more where a positive scores higher, nor less where a negative does': (z, y) => {
      const rise = (of: Tensor): Tensor => loss(where(of, z.add(0.5), z), y).sub(loss(z, y))
      for (let l = 0; l < (z.shape.at(-1) as number); l++) {
        const only = oneHot(tensor(l, { dtype: 'i32' }), z.shape.at(-1) as number).greater(0)
        laws.bounded(() => rise(y.equal(1).and(only)), { max: 1e-12 })()
        laws.bounded(() => rise(y.equal(0).and(only)), { min: -1e-12 })()
      }
    },
    'has the gradient −r / n to positives, and Σ r / n softmax over negatives to those': (z, y) => {
      const negatives = where(y.equal(0), z, Number.NEGATIVE_INFINITY)
      const against = logSumExp(negatives, { axis: -1, keepDims: true })
      const r = where(y.equal(1), sigmoid(against.sub(z)), 0).div(atLeastOne(counts(y)).expandDims(-1))
      const expected = softmax(negatives)
        .mul(sum(r, { axis: -1, keepDims: true }))
        .sub(r)
      expectClose(gradient(z, y), expected)
      expectClose(sum(gradient(z, y), { axis: -1 }), 0)
    },
    'divides by the temperature': (z, y) => {
      expectClose(decoupledSoftmaxLoss(z, y, { temperature: 4 }), loss(z.div(4), y))
      expectClose(decoupledSoftmaxLoss(z, y), decoupledSoftmaxLoss(z, y, { temperature: 0.05 }), 0)
    },
  },
})

describe('decoupledSoftmaxLoss', () => {
  test.prop([fc.tuple(logits([2, 4]), oneHots([2, 4], { dtype: 'i32' }))])(
    'is crossEntropy, and multiLabelInfoNceLoss, where one label is true',
    ([z, y]) => {
      expectClose(loss(z, y), crossEntropy(z, argMax(y, { axis: -1 })))
      expectClose(loss(z, y), multiLabelInfoNceLoss(z, y, { temperature: 1 }))
    },
  )

  test.prop([multiLabelled(tensors).chain(([z, y]) => fc.tuple(fc.constant(z), tensors(z.shape), fc.constant(y)))])(
    'is convex',
    ([a, b, y]) => {
      laws.convex(loss)(a, b, y)
    },
  )

  test.prop([multiLabelled(tensors)])('tends to 0 as all positives lead, however many they are', ([z, y]) => {
    laws.tendsTo(
      (lead) => () => loss(z.add(y.cast('f64').mul(lead)), y),
      () => loss(z, y).mul(0),
      { along: [16, 32, 64], tolerance: 1e-20 },
    )()
  })

  it('is 0 without positives or without negatives, whatever the scores', () => {
    const z = f64(1e4, -3, 0)
    for (const y of [f64(0, 0, 0), f64(1, 1, 1)]) {
      expect(value(loss(z, y))).toBe(0)
      expect(values(gradient(z, y)).map(Math.abs)).toEqual([0, 0, 0])
    }
  })

  it('keeps the digits of small losses in f32', () => {
    const small = value(loss(tensor([20, 20, 0]), tensor([1, 1, 0])))
    expect(small / Math.exp(-20)).toBeCloseTo(1, 5)
  })
})

describeErrors('decoupledSoftmaxLoss', {
  'decoupledSoftmaxLoss: temperature must be a finite number greater than 0, got -1.': () =>
    decoupledSoftmaxLoss(f64(1, 2), f64(0, 1), { temperature: -1 }),
  'decoupledSoftmaxLoss: mask must have shape [...B, K], got [1] (...B = [], K = 2). Expected scores [...B, K], labels [...B, K], mask [...B, K].':
    () => decoupledSoftmaxLoss(f64(1, 2), f64(0, 1), { mask: f64(1).greater(0) }),
})
