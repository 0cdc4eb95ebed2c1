import { fc, test } from '@fast-check/vitest'
import { grad, mean, sigmoid, sum, type Tensor, tensor, where } from '@wengert/core'
import { checkGradients, labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { binaryCrossEntropy } from '../classification/binaryCrossEntropy.ts'
import { sigmoidFocalLoss } from './sigmoidFocalLoss.ts'
import { softmaxFocalLoss } from './softmaxFocalLoss.ts'

const binary = (shape: readonly number[]): fc.Arbitrary<Tensor> => labels(shape, 2)
const gammas = fc.integer({ min: 0, max: 16 }).map((n) => n / 4)

describeLoss(sigmoidFocalLoss, {
  name: 'sigmoidFocalLoss',
  args: paired(logits, binary),
  smooth: paired(tensors, binary),
  laws: {
    'is at least 0': laws.bounded(sigmoidFocalLoss, { min: 0 }),
    'is weighted binaryCrossEntropy for gamma 0': (z, y) => {
      const weights = where(y.equal(1), 0.75, 0.25)
      expectClose(sigmoidFocalLoss(z, y, { gamma: 0, alpha: 0.75 }), binaryCrossEntropy(z, y).mul(weights))
    },
    'does not change when labels, logits and alpha change sides': (z, y) => {
      const mirrored = sigmoidFocalLoss(z.neg(), y.neg().add(1), { alpha: 0.7 })
      expectClose(mirrored, sigmoidFocalLoss(z, y, { alpha: 0.3 }))
    },
    'does not rise with gamma': (z, y) => {
      const [less, more] = [1, 1.5].map((gamma) => sigmoidFocalLoss(z, y, { gamma })) as [Tensor, Tensor]
      laws.bounded(() => less.sub(more), { min: 0 })()
    },
    'without alpha is softmaxFocalLoss of the logits 0 and z': (z, y) => {
      const two = z.expandDims(-1).mul(tensor([0, 1]))
      expectClose(sigmoidFocalLoss(z, y, { alpha: null }), softmaxFocalLoss(two, y))
    },
  },
})

describe('sigmoidFocalLoss', () => {
  test.prop([paired(tensors, binary), gammas])('has the gradient of its doc', ([z, y], gamma) => {
    const s = where(y.equal(1), 1, -1).cast('f64')
    const p = sigmoid(z.mul(s))
    const slope = p.mul(p.log()).mul(gamma).add(p).sub(1)
    const wanted = p.neg().add(1).pow(gamma).mul(slope).mul(s)
    expectClose(grad((x: Tensor) => sum(sigmoidFocalLoss(x, y, { gamma, alpha: null })))(z), wanted)
  })

  test.prop([paired(tensors, binary), gammas], runs(0.25))('can be differentiated for each gamma', ([z, y], gamma) => {
    checkGradients((x: Tensor) => sigmoidFocalLoss(x, y, { gamma }), [z])
  })

  it('is 0 where saturated logits are right, and grows like the logit where they are wrong', () => {
    expect(values(sigmoidFocalLoss(tensor([1e4, -1e4, -1e4]), tensor([1, 0, 1])))).toEqual([0, 0, 2500])
  })

  it('marks computed labels other than 0 and 1 by NaN', () => {
    const computed = tensor([1, 0.5]).add(0)
    expect(values(sigmoidFocalLoss(tensor([1, 2]), computed)).map(Number.isNaN)).toEqual([false, true])
  })
})

describeErrors('sigmoidFocalLoss', {
  'sigmoidFocalLoss: labels must be 0 or 1, got -1 at [1]. Signs become such labels with labels.greater(0).': () =>
    mean(sigmoidFocalLoss(tensor([1, 2]), tensor([1, -1]))),
  'sigmoidFocalLoss: gamma must be a finite number of at least 0, got -1.': () =>
    sigmoidFocalLoss(tensor([1]), tensor([1]), { gamma: -1 }),
  'sigmoidFocalLoss: alpha must be from 0 to 1, or null, got 2.': () =>
    sigmoidFocalLoss(tensor([1]), tensor([1]), { alpha: 2 }),
})
