import { test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, overLabels } from '@wengert/testing'
import { describe } from 'vitest'
import { softmaxMseLoss } from './softmaxMseLoss.ts'

const moderate = classified(tensors)
const K = (z: Tensor): number => z.shape.at(-1) as number
const residuals = (z: Tensor, y: Tensor): Tensor => softmax(z).sub(oneHot(y, K(z), { dtype: 'f64' }))

describeLoss(softmaxMseLoss, {
  name: 'softmaxMseLoss',
  args: classified(),
  smooth: moderate,
  laws: {
    'lies between 0 and 2': laws.bounded(softmaxMseLoss, { min: 0, max: 2 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(softmaxMseLoss),
    'does not change when classes change places': laws.invariant(softmaxMseLoss, classesReversed),
    'is the squared distance of softmax and one-hot': (z, y) => {
      expectClose(softmaxMseLoss(z, y), sum(residuals(z, y).square(), { axis: -1 }))
    },
    // Σₖ pₖ (1 − 2 pₖ + Σ p²) = 1 − Σ p²: an honest forecaster expects to pay what the spread of the forecast says.
    'has the mean 1 − Σ p² where labels are drawn from p': (z) => {
      const p = softmax(z)
      const expected = sum(p.mul(overLabels(softmaxMseLoss, z)), { axis: -1 })
      expectClose(expected, sum(p.square(), { axis: -1 }).neg().add(1))
    },
  },
})

describe('softmaxMseLoss', () => {
  test.prop([moderate])('has the documented gradient', ([z, y]) => {
    const gradient = grad((x: Tensor) => sum(softmaxMseLoss(x, y)))(z)
    const [p, r] = [softmax(z), residuals(z, y)]
    const mean = sum(p.mul(r), { axis: -1, keepDims: true })
    expectClose(gradient, p.mul(r.sub(mean)).mul(2))
  })
})

describeErrors('softmaxMseLoss', {
  'softmaxMseLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    softmaxMseLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
  'softmaxMseLoss: labels must have shape [...B], got [2] (...B = [], K = 2). Expected logits [...B, K], labels [...B].':
    () => softmaxMseLoss(tensor([1, 2]), tensor([0, 1], { dtype: 'i32' })),
})
