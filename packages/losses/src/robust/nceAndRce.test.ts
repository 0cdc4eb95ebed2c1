import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, describeLoss, expectClose, overLabels } from '@wengert/testing'
import { describe } from 'vitest'
import { nceAndRce } from './nceAndRce.ts'
import { normalizedCrossEntropy } from './normalizedCrossEntropy.ts'
import { reverseCrossEntropy } from './reverseCrossEntropy.ts'

const weights = fc.integer({ min: 0, max: 40 }).map((n) => n / 4)
const K = (z: Tensor): number => z.shape.at(-1) as number

describeLoss(nceAndRce, {
  name: 'nceAndRce',
  args: classified(),
  smooth: classified(tensors),
  laws: {
    'lies between 0 and α + β A': laws.bounded((z, y) => nceAndRce(z, y, { alpha: 2, beta: 0.5, A: 4 }), {
      min: 0,
      max: 4,
    }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(nceAndRce),
    'is symmetric: over all labels it sums to α + β A (K − 1)': (z) => {
      const losses = overLabels((z, y) => nceAndRce(z, y, { alpha: 3, beta: 0.5, A: 4 }), z)
      expectClose(sum(losses, { axis: -1 }), K(z) > 1 ? 3 + 2 * (K(z) - 1) : 0)
    },
    'is the sum of its parts': (z, y) => {
      expectClose(nceAndRce(z, y), normalizedCrossEntropy(z, y).add(reverseCrossEntropy(z, y)))
    },
  },
})

describe('nceAndRce', () => {
  test.prop([classified(tensors), weights, weights])('weights the gradients of its parts', ([z, y], alpha, beta) => {
    const gradient = (loss: (x: Tensor) => Tensor): Tensor => grad((x: Tensor) => sum(loss(x)))(z)
    const parts = gradient((x) => normalizedCrossEntropy(x, y))
      .mul(alpha)
      .add(gradient((x) => reverseCrossEntropy(x, y)).mul(beta))
    expectClose(
      gradient((x) => nceAndRce(x, y, { alpha, beta })),
      parts,
    )
  })
})

describeErrors('nceAndRce', {
  'nceAndRce: A must be greater than 0, got 0.': () => nceAndRce(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { A: 0 }),
  'nceAndRce: beta must be at least 0, got -1.': () =>
    nceAndRce(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { beta: -1 }),
})
