import { test } from '@fast-check/vitest'
import { grad, oneHot, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, overLabels } from '@wengert/testing'
import { describe } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { taylorSoftmax } from './taylorSoftmax.ts'
import { taylorSoftmaxLoss } from './taylorSoftmaxLoss.ts'

const moderate = classified(tensors)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })

describeLoss(taylorSoftmaxLoss, {
  name: 'taylorSoftmaxLoss',
  args: classified(),
  smooth: moderate,
  laws: {
    'is at least 0': laws.bounded(taylorSoftmaxLoss, { min: 0 }),
    'does not change when classes change places': laws.invariant(taylorSoftmaxLoss, classesReversed),
    'is −log of taylorSoftmax': (z, y) => {
      const share = sum(taylorSoftmax(z).mul(hits(z, y)), { axis: -1 })
      expectClose(taylorSoftmaxLoss(z, y), share.log().neg())
    },
    'is −log of shares that sum to 1 over the labels': (z) => {
      expectClose(sum(overLabels(taylorSoftmaxLoss, z).neg().exp(), { axis: -1 }), 1)
    },
  },
})

describe('taylorSoftmaxLoss', () => {
  test.prop([moderate])('does not change where logits are mirrored at −1', ([z, y]) => {
    laws.invariant(taylorSoftmaxLoss, (z, y) => [z.neg().sub(2), y])(z, y)
  })

  test.prop([moderate])('is crossEntropy up to terms of third order', ([z, y]) => {
    for (const h of [1e-2, 1e-3, 1e-4])
      expectClose(taylorSoftmaxLoss(z.mul(h), y), crossEntropy(z.mul(h), y), (3 * h) ** 3)
  })

  test.prop([moderate])('has the documented gradient', ([z, y]) => {
    const gradient = grad((x: Tensor) => sum(taylorSoftmaxLoss(x, y)))(z)
    const t = z.square().mul(0.5).add(z).add(1)
    const slopes = hits(z, y)
      .div(t)
      .neg()
      .add(
        t
          .mul(0)
          .add(1)
          .div(sum(t, { axis: -1, keepDims: true })),
      )
    expectClose(gradient, z.add(1).mul(slopes))
  })
})

describeErrors('taylorSoftmaxLoss', {
  'taylorSoftmaxLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    taylorSoftmaxLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
  "taylorSoftmaxLoss: logits must be f32 or f64, got i32 [2]. Cast it, e.g. logits.cast('f32').": () =>
    taylorSoftmaxLoss(tensor([1, 2], { dtype: 'i32' }), tensor(1, { dtype: 'i32' })),
})
