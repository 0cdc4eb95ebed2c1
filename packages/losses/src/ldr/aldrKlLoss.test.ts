import { fc, test } from '@fast-check/vitest'
import { full, grad, maximum, oneHot, ones, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, runs } from '@wengert/testing'
import { describe, it } from 'vitest'
import { aldrKlLambda } from './aldrKlLambda.ts'
import { aldrKlLoss } from './aldrKlLoss.ts'
import { ldrKlLoss } from './ldrKlLoss.ts'

const moderate = classified(tensors)
const K = (z: Tensor): number => z.shape.at(-1) as number
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, K(z), { dtype: 'f64' })

describeLoss(aldrKlLoss, {
  name: 'aldrKlLoss',
  args: classified(),
  smooth: moderate,
  share: 0.1,
  laws: {
    'does not change when all logits of an example are shifted': laws.shiftInvariant(aldrKlLoss),
    'does not change when classes change places': laws.invariant(aldrKlLoss, classesReversed),
    'is at least ldrKlLoss with λ₀, and any other λ less its penalty': (z, y) => {
      const value = aldrKlLoss(z, y, { alpha: 3, lambda0: 2 })
      for (const lambda of [2, 1.9, 1.6]) {
        const penalty = ((3 * Math.log(K(z))) / 4) * (lambda - 2) ** 2
        expectClose(maximum(ldrKlLoss(z, y, { lambda }).sub(penalty), value), value)
      }
    },
    'is 0 where all logits are equal and there is no margin': (z, y) => {
      expectClose(aldrKlLoss(z.mul(0), y, { margin: 0 }), 0)
    },
  },
})

describe('aldrKlLoss', () => {
  test.prop([moderate], runs(0.25))('tends to ldrKlLoss with λ₀ as alpha grows', ([z, y]) => {
    const family = (alpha: number) => (z: Tensor, y: Tensor) => aldrKlLoss(z, y, { alpha, lambda0: 2 })
    const limit = (z: Tensor, y: Tensor) => ldrKlLoss(z, y, { lambda: 2 })
    laws.tendsTo(family, limit, { along: [1e2, 1e4, 1e7], tolerance: 1e-6 })(z, y)
  })

  test.prop([moderate], runs(0.25))('has the gradient softmax(t/λ) − one-hot', ([z, y]) => {
    const options = { alpha: 3, margin: 0.5 }
    const gradient = grad((x: Tensor) => sum(aldrKlLoss(x, y, options)))(z)
    const terms = z.add(hits(z, y).neg().add(1).mul(0.5))
    const lambda = aldrKlLambda(z, y, options).expandDims(-1)
    expectClose(gradient, softmax(terms.div(lambda)).sub(hits(z, y)))
  })

  test.prop([moderate, fc.integer({ min: 1, max: 8 })])('takes a given λ as a constant', ([z, y], lambda) => {
    const given = full(y.shape, lambda, { dtype: 'f64' })
    const options = { alpha: 3, lambda0: 4 }
    const penalty = ((3 * Math.log(K(z))) / 8) * (lambda - 4) ** 2
    expectClose(aldrKlLoss(z, y, { ...options, lambda: given }), ldrKlLoss(z, y, { lambda }).sub(penalty))
    const byLambda = grad((l: Tensor) => sum(aldrKlLoss(z, y, { ...options, lambda: l })))(given)
    expectClose(byLambda, 0, 0)
  })

  test.prop([classified((shape) => tensors(shape, { avoid: [0] }))], runs(0.05))(
    'can be differentiated with each normalization, and with a given λ',
    ([z, y]) => {
      for (const normalization of ['l1Mean', 'softplusMean'] as const) {
        checkGradients((x: Tensor) => aldrKlLoss(x, y, { normalization }), [z])
        const lambda = full(y.shape, 0.75, { dtype: 'f64' })
        checkGradients((x: Tensor) => aldrKlLoss(x, y, { normalization, lambda }), [z])
      }
    },
  )

  it('is 0 for one class', () => {
    for (const options of [{}, { lambda: ones([2]) }, { alpha: 0.5, alphaScale: 'raw' } as const])
      expectClose(aldrKlLoss(ones([2, 1]), tensor([0, 0], { dtype: 'i32' }), options), 0, 0)
  })
})

describeErrors('aldrKlLoss', {
  'aldrKlLoss: alpha must be a finite number greater than 1, got 1.': () =>
    aldrKlLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { alpha: 1 }),
  'aldrKlLoss: lambda must have shape [...B], got [2] (...B = []). Expected labels [...B], lambda [...B].': () =>
    aldrKlLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { lambda: ones([2]) }),
})
