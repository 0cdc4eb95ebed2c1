import { fc, test } from '@fast-check/vitest'
import { oneHot, softmax, softplus, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, laws, logits, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { compSumLoss } from '../compSum/compSumLoss.ts'
import { gammaPhi } from './gammaPhi.ts'
import { multiclassHinge } from './multiclassHinge.ts'
import { pairLogLoss } from './pairLogLoss.ts'
import { permLoss } from './permLoss.ts'

const gammas = ['identity', 'log1p', 'ratio', 'sqrt1p'] as const
const phis = ['exp', 'logistic', 'sigmoid', 'hinge'] as const
const pairs = fc.tuple(fc.constantFrom(...gammas), fc.constantFrom(...phis))
const untied = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  tensors(shape, { distinct: true }).map((z) => z.mul(1.013))

describe('gammaPhi', () => {
  test.prop([classified()])('has named members', ([z, y]) => {
    const of = (gamma: (typeof gammas)[number], phi: (typeof phis)[number]) => permLoss(gammaPhi({ gamma, phi }))(z, y)
    expectClose(of('log1p', 'exp'), crossEntropy(z, y))
    expectClose(of('identity', 'logistic'), pairLogLoss(z, y))
    expectClose(of('identity', 'hinge'), multiclassHinge(z, y))
    const p = sum(softmax(z).mul(oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })), { axis: -1 })
    expectClose(of('ratio', 'exp'), p.neg().add(1))
  })

  test.prop([classified(tensors), fc.integer({ min: 0, max: 12 })])(
    'makes compSumLoss of its function',
    ([z, y], n) => {
      const tau = n / 4
      if (tau === 1) return
      const gamma = (s: Tensor): Tensor =>
        s
          .add(1)
          .pow(1 - tau)
          .sub(1)
          .div(1 - tau)
      expectClose(permLoss(gammaPhi({ gamma, phi: 'exp' }))(z, y), compSumLoss(z, y, { tau }), 1e-10)
    },
  )

  test.prop([classified(tensors), pairs])('takes functions like their names', ([z, y], [gamma, phi]) => {
    const byName = {
      identity: (s: Tensor) => s,
      log1p: (s: Tensor) => s.add(1).log(),
      ratio: (s: Tensor) => s.div(s.add(1)),
      sqrt1p: (s: Tensor) => s.add(1).sqrt().sub(1),
      exp: (u: Tensor) => u.neg().exp(),
      logistic: (u: Tensor) => softplus(u.neg()),
      sigmoid: (u: Tensor) => u.exp().add(1).pow(-1),
      hinge: (u: Tensor) => u.sub(1).abs().sub(u).add(1).div(2),
    }
    const given = permLoss(gammaPhi({ gamma: byName[gamma], phi: byName[phi] }))
    expectClose(permLoss(gammaPhi({ gamma, phi }))(z, y), given(z, y))
  })

  test.prop([classified(logits), pairs])('does not change when logits are shifted', ([z, y], [gamma, phi]) => {
    const loss = permLoss(gammaPhi({ gamma, phi }))
    // Where the exponential overflows there is nothing to compare.
    if (values(loss(z, y)).every(Number.isFinite)) laws.shiftInvariant(loss, { tolerance: 1e-9 })(z, y)
  })

  test.prop([classified(untied), pairs], runs(0.5))(
    'has derivatives that agree with differences',
    ([z, y], [gamma, phi]) => {
      const loss = permLoss(gammaPhi({ gamma, phi }))
      checkGradients((x: Tensor) => loss(x, y), [z])
    },
  )

  test.prop([classified(tensors)])('is 0 for one class', ([z, y]) => {
    const one = z.slice(
      z.shape.map(() => 0),
      [...z.shape.slice(0, -1), 1],
    )
    for (const gamma of gammas)
      for (const phi of phis) expectClose(permLoss(gammaPhi({ gamma, phi }))(one, y.mul(0)), 0)
  })

  it('stays finite with log1p and ratio of exp, however wrong the logits are', () => {
    const [z, y] = [tensor([-1e4, 1e4, 0]), tensor(0, { dtype: 'i32' })]
    expect(values(permLoss(gammaPhi({ gamma: 'log1p' }))(z, y))).toEqual([2e4])
    expect(values(permLoss(gammaPhi({ gamma: 'ratio' }))(z, y))).toEqual([1])
    expect(values(multiclassHinge(z, y, { variant: 'crammerSinger' }))).toEqual([20001])
  })
})

describeErrors('gammaPhi', {
  'gammaPhi: gamma must be one of identity, log1p, ratio, sqrt1p, got log.': () =>
    gammaPhi({ gamma: 'log' as 'log1p' }),
  'gammaPhi: phi must be one of exp, logistic, sigmoid, hinge, got relu.': () => gammaPhi({ phi: 'relu' as 'hinge' }),
})
