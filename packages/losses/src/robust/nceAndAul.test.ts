import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose } from '@wengert/testing'
import { describe } from 'vitest'
import { asymmetricUnhingedLoss } from './asymmetricUnhingedLoss.ts'
import { nceAndAul } from './nceAndAul.ts'
import { normalizedCrossEntropy } from './normalizedCrossEntropy.ts'

const weights = fc.integer({ min: 0, max: 40 }).map((n) => n / 4)
const defaults = { a: 6, q: 1.5 }

describeLoss(nceAndAul, {
  name: 'nceAndAul',
  args: classified(),
  smooth: classified(tensors),
  laws: {
    'is at least 0': laws.bounded(nceAndAul, { min: 0, tolerance: 1e-14 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(nceAndAul),
    'does not change when classes change places': laws.invariant(nceAndAul, classesReversed),
    'is normalizedCrossEntropy for beta = 0': (z, y) => {
      expectClose(nceAndAul(z, y, { beta: 0 }), normalizedCrossEntropy(z, y))
    },
    'is asymmetricUnhingedLoss for alpha = 0': (z, y) => {
      expectClose(nceAndAul(z, y, { alpha: 0 }), asymmetricUnhingedLoss(z, y, defaults))
    },
  },
})

describe('nceAndAul', () => {
  test.prop([classified(tensors), weights, weights])(
    'weights its parts, and their gradients',
    ([z, y], alpha, beta) => {
      const gradient = (loss: (x: Tensor) => Tensor): Tensor => grad((x: Tensor) => sum(loss(x)))(z)
      const parts = gradient((x) => normalizedCrossEntropy(x, y))
        .mul(alpha)
        .add(gradient((x) => asymmetricUnhingedLoss(x, y, defaults)).mul(beta))
      expectClose(
        gradient((x) => nceAndAul(x, y, { alpha, beta })),
        parts,
      )
    },
  )
})

describeErrors('nceAndAul', {
  'nceAndAul: a must be greater than 1, got 0.': () => nceAndAul(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { a: 0 }),
  'nceAndAul: alpha must be at least 0, got -1.': () =>
    nceAndAul(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { alpha: -1 }),
  'nceAndAul: beta must be at least 0, got NaN.': () =>
    nceAndAul(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { beta: Number.NaN }),
})
