import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, take, tensor } from '@wengert/core'
import { checkGradients, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { softmaxFocalLoss } from './softmaxFocalLoss.ts'

const moderate = classified(tensors)
const gammas = fc.integer({ min: 0, max: 16 }).map((n) => n / 4)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })

describeLoss(softmaxFocalLoss, {
  name: 'softmaxFocalLoss',
  args: classified(),
  smooth: moderate,
  laws: {
    'is at least 0': laws.bounded(softmaxFocalLoss, { min: 0 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(softmaxFocalLoss),
    'does not depend on the order of the classes': laws.invariant(softmaxFocalLoss, classesReversed),
    'is crossEntropy for gamma 0': (z, y) => {
      expectClose(softmaxFocalLoss(z, y, { gamma: 0 }), crossEntropy(z, y))
    },
    'does not rise with gamma': (z, y) => {
      const [less, more] = [1, 1.5].map((gamma) => softmaxFocalLoss(z, y, { gamma })) as [Tensor, Tensor]
      laws.bounded(() => less.sub(more), { min: 0 })()
    },
    'multiplies each example by the weight of its class': (z, y) => {
      const weights = tensor([0.5, 2, 1, 0, 4].slice(0, z.shape.at(-1)), { dtype: 'f64' })
      expectClose(softmaxFocalLoss(z, y, { weights }), softmaxFocalLoss(z, y).mul(take(weights, y)))
    },
  },
})

describe('softmaxFocalLoss', () => {
  test.prop([classified(tensors, 2), gammas])('has the gradient of its doc', ([z, y], gamma) => {
    const p = sum(softmax(z).mul(hits(z, y)), { axis: -1 })
    const q = p.neg().add(1)
    const factor = q.pow(gamma - 1).mul(q.sub(p.mul(p.log()).mul(gamma)))
    const wanted = softmax(z).sub(hits(z, y)).mul(factor.expandDims(-1))
    expectClose(grad((x: Tensor) => sum(softmaxFocalLoss(x, y, { gamma })))(z), wanted, 1e-9)
  })

  test.prop([moderate, gammas], runs(0.25))('can be differentiated for each gamma', ([z, y], gamma) => {
    checkGradients((x: Tensor) => softmaxFocalLoss(x, y, { gamma }), [z])
  })

  it('keeps its digits where the label is all but sure', () => {
    const z = tensor([20, 0], { dtype: 'f64' })
    const loss = values(softmaxFocalLoss(z, tensor(0, { dtype: 'i32' })))[0] as number
    const rest = 1 / (1 + Math.exp(20))
    expect(Math.abs(loss / (rest ** 2 * -Math.log1p(-rest)) - 1)).toBeLessThan(1e-13)
  })
})

describeErrors('softmaxFocalLoss', {
  'softmaxFocalLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    softmaxFocalLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
  'softmaxFocalLoss: gamma must be a finite number of at least 0, got NaN.': () =>
    softmaxFocalLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { gamma: Number.NaN }),
  'softmaxFocalLoss: weights must have shape [K], got [3] (...B = [], K = 2). Expected logits [...B, K], weights [K].':
    () => softmaxFocalLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { weights: tensor([1, 1, 1]) }),
})
