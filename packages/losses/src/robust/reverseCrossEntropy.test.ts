import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, describeLoss, expectClose, overLabels } from '@wengert/testing'
import { describe } from 'vitest'
import { reverseCrossEntropy } from './reverseCrossEntropy.ts'
import { softmaxMaeLoss } from './softmaxMaeLoss.ts'

const moderate = classified(tensors)
const K = (z: Tensor): number => z.shape.at(-1) as number
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, K(z), { dtype: 'f64' })
const probs = (z: Tensor, y: Tensor): Tensor => sum(softmax(z).mul(hits(z, y)), { axis: -1 })

describeLoss(reverseCrossEntropy, {
  name: 'reverseCrossEntropy',
  args: classified(),
  smooth: moderate,
  laws: {
    'lies between 0 and A': laws.bounded((z, y) => reverseCrossEntropy(z, y, { A: 3 }), { min: 0, max: 3 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(reverseCrossEntropy),
    'is symmetric: over all labels it sums to A (K − 1)': (z) => {
      const losses = overLabels((z, y) => reverseCrossEntropy(z, y, { A: 2 }), z)
      expectClose(sum(losses, { axis: -1 }), 2 * (K(z) - 1))
    },
    'is A/2 times softmaxMaeLoss': (z, y) => {
      expectClose(reverseCrossEntropy(z, y, { A: 5 }), softmaxMaeLoss(z, y).mul(2.5))
    },
  },
})

describe('reverseCrossEntropy', () => {
  test.prop([moderate])('is −Σ p log label with log 0 = log 1e-4', ([z, y]) => {
    const logLabels = hits(z, y).neg().add(1).mul(Math.log(1e-4))
    expectClose(reverseCrossEntropy(z, y), sum(softmax(z).mul(logLabels), { axis: -1 }).neg())
  })

  test.prop([moderate, fc.integer({ min: 1, max: 9 })])('has the gradient A p (softmax − one-hot)', ([z, y], A) => {
    const gradient = grad((x: Tensor) => sum(reverseCrossEntropy(x, y, { A })))(z)
    expectClose(gradient, softmax(z).sub(hits(z, y)).mul(probs(z, y).mul(A).expandDims(-1)))
  })
})

describeErrors('reverseCrossEntropy', {
  'reverseCrossEntropy: labels must be class indices from 0 to 1, got -1. The logits have 2 classes.': () =>
    reverseCrossEntropy(tensor([1, 2]), tensor(-1, { dtype: 'i32' })),
  'reverseCrossEntropy: A must be greater than 0, got -4.': () =>
    reverseCrossEntropy(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { A: -4 }),
})
