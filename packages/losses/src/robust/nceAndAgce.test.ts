import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose } from '@wengert/testing'
import { describe } from 'vitest'
import { asymmetricGeneralizedCrossEntropy } from './asymmetricGeneralizedCrossEntropy.ts'
import { nceAndAgce } from './nceAndAgce.ts'
import { normalizedCrossEntropy } from './normalizedCrossEntropy.ts'

const weights = fc.integer({ min: 0, max: 40 }).map((n) => n / 4)
const defaults = { a: 3, q: 1.5 }

describeLoss(nceAndAgce, {
  name: 'nceAndAgce',
  args: classified(),
  smooth: classified(tensors),
  laws: {
    'is at least 0': laws.bounded(nceAndAgce, { min: 0, tolerance: 1e-14 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(nceAndAgce),
    'does not change when classes change places': laws.invariant(nceAndAgce, classesReversed),
    'is normalizedCrossEntropy for beta = 0': (z, y) => {
      expectClose(nceAndAgce(z, y, { beta: 0 }), normalizedCrossEntropy(z, y))
    },
    'is asymmetricGeneralizedCrossEntropy for alpha = 0': (z, y) => {
      expectClose(nceAndAgce(z, y, { alpha: 0 }), asymmetricGeneralizedCrossEntropy(z, y, defaults))
    },
  },
})

describe('nceAndAgce', () => {
  test.prop([classified(tensors), weights, weights])(
    'weights its parts, and their gradients',
    ([z, y], alpha, beta) => {
      const gradient = (loss: (x: Tensor) => Tensor): Tensor => grad((x: Tensor) => sum(loss(x)))(z)
      const parts = gradient((x) => normalizedCrossEntropy(x, y))
        .mul(alpha)
        .add(gradient((x) => asymmetricGeneralizedCrossEntropy(x, y, defaults)).mul(beta))
      expectClose(
        gradient((x) => nceAndAgce(x, y, { alpha, beta })),
        parts,
      )
    },
  )
})

describeErrors('nceAndAgce', {
  'nceAndAgce: a must be greater than 0, got 0.': () =>
    nceAndAgce(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { a: 0 }),
  'nceAndAgce: alpha must be at least 0, got -1.': () =>
    nceAndAgce(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { alpha: -1 }),
  'nceAndAgce: beta must be at least 0, got NaN.': () =>
    nceAndAgce(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { beta: Number.NaN }),
})
