import { test } from '@fast-check/vitest'
import { grad, maximum, oneHot, sigmoid, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, paired } from '@wengert/testing'
import { describe } from 'vitest'
import { binaryCrossEntropy } from '../classification/binaryCrossEntropy.ts'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { pairLogLoss } from './pairLogLoss.ts'

const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })

describeLoss(pairLogLoss, {
  name: 'pairLogLoss',
  args: classified(),
  smooth: classified(tensors),
  laws: {
    'is at least crossEntropy': (z, y) => {
      const loss = pairLogLoss(z, y)
      expectClose(maximum(crossEntropy(z, y), loss), loss)
    },
    'does not change when all logits of an example are shifted': laws.shiftInvariant(pairLogLoss),
    'does not change when classes change places': laws.invariant(pairLogLoss, classesReversed),
    'has the gradient σ(zⱼ − z_y) for the others, their negative sum for the label': (z, y) => {
      const hit = hits(z, y)
      const label = sum(z.mul(hit), { axis: -1, keepDims: true })
      const others = sigmoid(z.sub(label)).mul(hit.neg().add(1))
      const expected = others.sub(hit.mul(sum(others, { axis: -1, keepDims: true })))
      expectClose(grad((x: Tensor) => sum(pairLogLoss(x, y)))(z), expected)
    },
  },
})

describe('pairLogLoss', () => {
  test.prop([paired(tensors, (shape) => labels(shape, 2))])('is binaryCrossEntropy for two classes', ([z, y]) => {
    const two = z.expandDims(-1).mul(tensor([0, 1]))
    expectClose(pairLogLoss(two, y), binaryCrossEntropy(z, y))
  })
})

describeErrors('pairLogLoss', {
  'pairLogLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    pairLogLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
  'pairLogLoss: logits must have at least one class on the last axis, got [0].': () =>
    pairLogLoss(tensor([], { shape: [0] }), tensor(0, { dtype: 'i32' })),
})
