import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose } from '@wengert/testing'
import { describe } from 'vitest'
import { asymmetricUnhingedLoss } from './asymmetricUnhingedLoss.ts'

const moderate = classified(tensors)
const quarters = fc.integer({ min: 1, max: 20 }).map((n) => n / 4)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
const probs = (z: Tensor, y: Tensor): Tensor => sum(softmax(z).mul(hits(z, y)), { axis: -1 })

describeLoss(asymmetricUnhingedLoss, {
  name: 'asymmetricUnhingedLoss',
  args: classified(),
  smooth: moderate,
  laws: {
    // (1.5^0.9 − 0.5^0.9) / 0.9
    'lies between 0 and (a^q − (a − 1)^q) / q': laws.bounded(asymmetricUnhingedLoss, {
      min: 0,
      max: (1.5 ** 0.9 - 0.5 ** 0.9) / 0.9,
      tolerance: 1e-15,
    }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(asymmetricUnhingedLoss),
    'does not change when classes change places': laws.invariant(asymmetricUnhingedLoss, classesReversed),
    'is 1 − p for q = 1, whatever a is': (z, y) => {
      for (const a of [1.25, 4]) expectClose(asymmetricUnhingedLoss(z, y, { a, q: 1 }), probs(z, y).neg().add(1))
    },
    'is (1 − p) (2 a − 1 − p) / 2 for q = 2': (z, y) => {
      const p = probs(z, y)
      const product = p.neg().add(1).mul(p.neg().add(5))
      expectClose(asymmetricUnhingedLoss(z, y, { a: 3, q: 2 }), product.div(2))
    },
  },
})

describe('asymmetricUnhingedLoss', () => {
  test.prop([moderate, quarters, quarters])('has the documented gradient', ([z, y], above, q) => {
    const a = 1 + above
    const gradient = grad((x: Tensor) => sum(asymmetricUnhingedLoss(x, y, { a, q })))(z)
    const p = probs(z, y)
    const factor = p
      .neg()
      .add(a)
      .pow(q - 1)
      .mul(p)
    expectClose(gradient, softmax(z).sub(hits(z, y)).mul(factor.expandDims(-1)))
  })
})

describeErrors('asymmetricUnhingedLoss', {
  'asymmetricUnhingedLoss: a must be greater than 1, got 1.': () =>
    asymmetricUnhingedLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { a: 1 }),
  'asymmetricUnhingedLoss: q must be greater than 0, got NaN.': () =>
    asymmetricUnhingedLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { q: Number.NaN }),
})
