import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose } from '@wengert/testing'
import { describe } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { reverseCrossEntropy } from './reverseCrossEntropy.ts'
import { symmetricCrossEntropy } from './symmetricCrossEntropy.ts'

const moderate = classified(tensors)
const shares = fc.integer({ min: 0, max: 8 }).map((n) => n / 8)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
const probs = (z: Tensor, y: Tensor): Tensor => sum(softmax(z).mul(hits(z, y)), { axis: -1 })

describeLoss(symmetricCrossEntropy, {
  name: 'symmetricCrossEntropy',
  args: classified(),
  smooth: moderate,
  laws: {
    'is at least 0': laws.bounded(symmetricCrossEntropy, { min: 0 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(symmetricCrossEntropy),
    'does not change when classes change places': laws.invariant(symmetricCrossEntropy, classesReversed),
    'is crossEntropy for balance 0': (z, y) => {
      expectClose(symmetricCrossEntropy(z, y, { balance: 0 }), crossEntropy(z, y))
    },
    'is reverseCrossEntropy for balance 1': (z, y) => {
      expectClose(symmetricCrossEntropy(z, y, { balance: 1, A: 7 }), reverseCrossEntropy(z, y, { A: 7 }))
    },
  },
})

describe('symmetricCrossEntropy', () => {
  test.prop([moderate, shares])('mixes the two', ([z, y], balance) => {
    const mixture = crossEntropy(z, y)
      .mul(1 - balance)
      .add(reverseCrossEntropy(z, y, { A: 4 }).mul(balance))
    expectClose(symmetricCrossEntropy(z, y, { balance }), mixture)
  })

  test.prop([moderate, shares])('has the documented gradient', ([z, y], balance) => {
    const gradient = grad((x: Tensor) => sum(symmetricCrossEntropy(x, y, { balance })))(z)
    const factor = probs(z, y)
      .mul(4 * balance)
      .add(1 - balance)
    expectClose(gradient, softmax(z).sub(hits(z, y)).mul(factor.expandDims(-1)))
  })
})

describeErrors('symmetricCrossEntropy', {
  'symmetricCrossEntropy: balance must be from 0 to 1, got 2.': () =>
    symmetricCrossEntropy(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { balance: 2 }),
  'symmetricCrossEntropy: A must be greater than 0, got 0.': () =>
    symmetricCrossEntropy(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { A: 0 }),
})
