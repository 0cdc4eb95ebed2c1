import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose } from '@wengert/testing'
import { describe } from 'vitest'
import { asymmetricGeneralizedCrossEntropy } from './asymmetricGeneralizedCrossEntropy.ts'
import { generalizedCrossEntropy } from './generalizedCrossEntropy.ts'

const moderate = classified(tensors)
const quarters = fc.integer({ min: 1, max: 20 }).map((n) => n / 4)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
const probs = (z: Tensor, y: Tensor): Tensor => sum(softmax(z).mul(hits(z, y)), { axis: -1 })

describeLoss(asymmetricGeneralizedCrossEntropy, {
  name: 'asymmetricGeneralizedCrossEntropy',
  args: classified(),
  smooth: moderate,
  laws: {
    'lies between 0 and ((a + 1)^q − a^q) / q': laws.bounded(asymmetricGeneralizedCrossEntropy, { min: 0, max: 1.5 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(asymmetricGeneralizedCrossEntropy),
    'does not change when classes change places': laws.invariant(asymmetricGeneralizedCrossEntropy, classesReversed),
    'is 1 − p for q = 1, whatever a is': (z, y) => {
      for (const a of [0.25, 4])
        expectClose(asymmetricGeneralizedCrossEntropy(z, y, { a, q: 1 }), probs(z, y).neg().add(1))
    },
  },
})

describe('asymmetricGeneralizedCrossEntropy', () => {
  test.prop([moderate])('tends to generalizedCrossEntropy as a falls', ([z, y]) => {
    const family = (a: number) => (z: Tensor, y: Tensor) => asymmetricGeneralizedCrossEntropy(z, y, { a, q: 0.7 })
    laws.tendsTo(family, generalizedCrossEntropy, { along: [1e-2, 1e-5, 1e-8], tolerance: 1e-5 })(z, y)
  })

  test.prop([moderate, quarters, quarters])('has the documented gradient', ([z, y], a, q) => {
    const gradient = grad((x: Tensor) => sum(asymmetricGeneralizedCrossEntropy(x, y, { a, q })))(z)
    const p = probs(z, y)
    const factor = p
      .add(a)
      .pow(q - 1)
      .mul(p)
    expectClose(gradient, softmax(z).sub(hits(z, y)).mul(factor.expandDims(-1)))
  })
})

describeErrors('asymmetricGeneralizedCrossEntropy', {
  'asymmetricGeneralizedCrossEntropy: a must be greater than 0, got 0.': () =>
    asymmetricGeneralizedCrossEntropy(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { a: 0 }),
  'asymmetricGeneralizedCrossEntropy: q must be greater than 0, got -1.': () =>
    asymmetricGeneralizedCrossEntropy(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { q: -1 }),
})
