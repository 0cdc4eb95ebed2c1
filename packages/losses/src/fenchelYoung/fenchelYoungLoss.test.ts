import { fc, test } from '@fast-check/vitest'
import {
  grad,
  logSumExp,
  max,
  oneHot,
  sigmoid,
  softmax,
  softplus,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@wengert/core'
import { checkGradients, laws, simplices, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, describeLoss, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { entmax } from './entmax.ts'
import { entmaxLoss } from './entmaxLoss.ts'
import { fenchelYoungLoss } from './fenchelYoungLoss.ts'

const names = ['squared', 'perceptron', 'logistic', 'logisticOva', 'sparsemax', 'tsallis'] as const
const overSimplex = ['perceptron', 'logistic', 'sparsemax', 'tsallis'] as const
const predictions = {
  squared: (z: Tensor) => z,
  perceptron: null,
  logistic: (z: Tensor) => softmax(z),
  logisticOva: (z: Tensor) => sigmoid(z),
  sparsemax: (z: Tensor) => entmax(z, { alpha: 2 }),
  tsallis: (z: Tensor) => entmax(z),
}
const rows = fc
  .integer({ min: 1, max: 4 })
  .chain((K) => fc.tuple(tensors([3, K], { min: -4, max: 4 }), simplices([3, K])))

describeLoss(fenchelYoungLoss, {
  name: 'fenchelYoungLoss',
  args: classified(),
  smooth: classified(tensors),
  laws: {
    'is at least 0': laws.bounded(fenchelYoungLoss, { min: 0, tolerance: 1e-11 }),
    'is crossEntropy by default': (z, y) => expectClose(fenchelYoungLoss(z, y), crossEntropy(z, y), 1e-11),
    'is entmaxLoss for tsallis': (z, y) => {
      expectClose(fenchelYoungLoss(z, y, { regularizer: 'tsallis' }), entmaxLoss(z, y), 1e-11)
    },
    'takes labels like one-hot rows': (z, y) => {
      const t = oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
      for (const regularizer of names)
        expectClose(fenchelYoungLoss(z, y, { regularizer }), fenchelYoungLoss(z, t, { regularizer }), 0)
    },
    'over the simplex does not change when all logits of an example are shifted': (z, y) => {
      for (const regularizer of overSimplex)
        laws.shiftInvariant((x: Tensor, t: Tensor) => fenchelYoungLoss(x, t, { regularizer }), { tolerance: 1e-11 })(
          z,
          y,
        )
    },
  },
})

describe.each(names)('fenchelYoungLoss with %s', (regularizer) => {
  const loss = (z: Tensor, t: Tensor): Tensor => fenchelYoungLoss(z, t, { regularizer })

  test.prop([rows], runs(0.5))('is at least 0, and convex in the logits', ([z, t]) => {
    laws.bounded(loss, { min: 0, tolerance: 1e-13 })(z, t)
    laws.convex((x: Tensor) => loss(x, t), { tolerance: 1e-11 })(z, z.neg().mul(0.7))
  })

  const predict = predictions[regularizer]
  if (!predict) return
  test.prop([rows], runs(0.5))('is 0 where its prediction is the target, and has the gradient p − t', ([z, t]) => {
    expectClose(loss(z, predict(z)), 0, 1e-13)
    expectClose(grad((x: Tensor) => sum(loss(x, t)))(z), predict(z).sub(t), 1e-11)
  })
})

describe('fenchelYoungLoss', () => {
  test.prop([rows])('is half the squared distance for squared', ([z, t]) => {
    expectClose(fenchelYoungLoss(z, t, { regularizer: 'squared' }), sum(z.sub(t).square(), { axis: -1 }).div(2))
  })

  test.prop([rows])('is a binary cross-entropy for each class for logisticOva', ([z, t]) => {
    const entropy = t.mul(t.log()).add(t.neg().add(1).mul(t.neg().add(1).log()))
    fc.pre(values(entropy).every(Number.isFinite))
    const wanted = sum(softplus(z).sub(z.mul(t)).add(entropy), { axis: -1 })
    expectClose(fenchelYoungLoss(z, t, { regularizer: 'logisticOva' }), wanted)
  })

  test.prop([rows], runs(0.5))('takes a regularizer by its conjugate or by its argmax', ([z, t]) => {
    const value = (p: Tensor): Tensor => sum(p.mul(p.log()), { axis: -1 })
    const inner = t.mul(0.5).add(0.5 / (t.shape[1] as number))
    const byConjugate = { conjugate: (x: Tensor) => logSumExp(x, { axis: -1 }), value }
    const byArgmax = { argmax: (x: Tensor) => softmax(x), value }
    const wanted = fenchelYoungLoss(z, inner)
    for (const regularizer of [byConjugate, byArgmax]) {
      expectClose(fenchelYoungLoss(z, inner, { regularizer }), wanted)
      checkGradients((x: Tensor) => fenchelYoungLoss(x, inner, { regularizer }), [z])
    }
  })

  it('is the perceptron loss of a max-function without a value', () => {
    const z = tensor([1, 3, 2], { dtype: 'f64' })
    const y = tensor(2, { dtype: 'i32' })
    const regularizer = { conjugate: (x: Tensor) => max(x, { axis: -1 }) }
    expect(values(fenchelYoungLoss(z, y, { regularizer }))).toEqual([1])
    expect(values(fenchelYoungLoss(z, y, { regularizer: 'perceptron' }))).toEqual([1])
  })

  it('counts the first of the greatest for perceptron', () => {
    const g = grad((x: Tensor) => fenchelYoungLoss(x, tensor(2, { dtype: 'i32' }), { regularizer: 'perceptron' }))
    expect(values(g(zeros([3])))).toEqual([1, 0, -1])
  })

  it.each(names)('is finite at ±1e4 in f32 for %s', (regularizer) => {
    const z = tensor([
      [1e4, -1e4],
      [-1e4, -1e4],
    ])
    const y = tensor([1, 0], { dtype: 'i32' })
    const g = grad((x: Tensor) => sum(fenchelYoungLoss(x, y, { regularizer })))(z)
    expect([...values(fenchelYoungLoss(z, y, { regularizer })), ...values(g)].every(Number.isFinite)).toBe(true)
  })
})

describeErrors('fenchelYoungLoss', {
  'fenchelYoungLoss: regularizer must be one of squared, perceptron, logistic, logisticOva, sparsemax, tsallis, got norm.':
    () => fenchelYoungLoss(tensor([1, 2]), tensor([0, 1]), { regularizer: 'norm' as 'squared' }),
  'fenchelYoungLoss: alpha must be a finite number greater than 0, got 0.': () =>
    fenchelYoungLoss(tensor([1, 2]), tensor([0, 1]), { regularizer: 'tsallis', alpha: 0 }),
  "fenchelYoungLoss: targets must be i32 classes [...B] or float rows [...B, K], got f32 []. Cast classes to 'i32', one-hot rows to 'f32'.":
    () => fenchelYoungLoss(tensor([1, 2]), tensor(1)),
})
