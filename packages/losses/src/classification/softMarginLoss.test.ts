import type { fc } from '@fast-check/vitest'
import { grad, sigmoid, sum, type Tensor, tensor } from '@wengert/core'
import { laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, paired, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { binaryCrossEntropy } from './binaryCrossEntropy.ts'
import { softMarginLoss } from './softMarginLoss.ts'

const signs = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  tensors(shape, { avoid: [0] }).map((x) => elementwise(Math.sign, x).cast('i32'))

describeLoss(softMarginLoss, {
  name: 'softMarginLoss',
  args: paired(logits, signs),
  smooth: paired(tensors, signs),
  laws: {
    'is binaryCrossEntropy of labels 0 and 1': (z, y) => {
      expectClose(softMarginLoss(z, y), binaryCrossEntropy(z, y.greater(0)))
    },
    'does not change where logits and labels change signs': laws.invariant(
      softMarginLoss,
      (z, y) => [z.neg(), y.neg()],
      { tolerance: 0 },
    ),
    'differs by the margin between both labels': (z, y) => {
      expectClose(softMarginLoss(z, y.neg()).sub(softMarginLoss(z, y)), z.mul(y.cast('f64')))
    },
    'has the gradient −label · σ(−label · z)': (z, y) => {
      const s = y.cast('f64')
      expectClose(grad((x: Tensor) => sum(softMarginLoss(x, y)))(z), sigmoid(z.mul(s).neg()).mul(s).neg())
    },
  },
})

describe('softMarginLoss', () => {
  it('is log(1 + e^(−s)), in plain numbers', () => {
    const [z, y] = [tensor([-2, 0.5, 3], { dtype: 'f64' }), tensor([1, -1, 1])]
    expectClose(
      softMarginLoss(z, y),
      elementwise((z, y) => Math.log(1 + Math.exp(-z * y)), z, y),
    )
  })

  it('marks computed labels other than signs by NaN', () => {
    const computed = tensor([1, 0]).mul(1)
    expect(values(softMarginLoss(tensor([1, 2]), computed)).map(Number.isNaN)).toEqual([false, true])
  })
})

describeErrors('softMarginLoss', {
  'softMarginLoss: labels must be signs -1 or 1, got 0 at [0]. Labels 0 and 1 become signs with where(labels.greater(0), 1, -1).':
    () => softMarginLoss(tensor([1]), tensor([0])),
})
