import { fc, test } from '@fast-check/vitest'
import { grad, maximum, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { generalizedCrossEntropy } from '../robust/generalizedCrossEntropy.ts'
import { softmaxMaeLoss } from '../robust/softmaxMaeLoss.ts'
import { rootedCrossEntropy } from '../rooted/rootedCrossEntropy.ts'
import { compSumLoss } from './compSumLoss.ts'

const moderate = classified(tensors)
const taus = fc.integer({ min: 0, max: 12 }).map((n) => n / 4)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
const at = (z: Tensor, y: Tensor): Tensor => sum(z.mul(hits(z, y)), { axis: -1, keepDims: true })

for (const tau of [1, 1.5, 3])
  describe(`with τ = ${tau}`, () => {
    const loss = (z: Tensor, y: Tensor): Tensor => compSumLoss(z, y, { tau })
    describeLoss(loss, {
      name: 'compSumLoss',
      share: 0.25,
      args: classified(),
      smooth: moderate,
      laws: {
        'lies between 0 and 1/(τ − 1)': laws.bounded(loss, tau > 1 ? { min: 0, max: 1 / (tau - 1) } : { min: 0 }),
        'does not change when all logits of an example are shifted': laws.shiftInvariant(loss),
        'does not change when classes change places': laws.invariant(loss, classesReversed),
      },
    })
  })

describe('with τ = 0', () => {
  const loss = (z: Tensor, y: Tensor): Tensor => compSumLoss(z, y, { tau: 0 })
  describeLoss(loss, {
    name: 'compSumLoss',
    args: moderate,
    // A wrong logit of 1e4 honestly costs e^20000.
    saturation: 40,
    laws: {
      'is the sum of exponentials of the differences': (z, y) => {
        expectClose(loss(z, y), sum(z.sub(at(z, y)).exp(), { axis: -1 }).sub(1), 1e-11)
      },
    },
  })
})

describe('compSumLoss', () => {
  test.prop([moderate, taus])('is the formula in v = 1/p − 1', ([z, y], tau) => {
    const total = sum(z.sub(at(z, y)).exp(), { axis: -1 })
    const formula =
      tau === 1
        ? total.log()
        : total
            .pow(1 - tau)
            .sub(1)
            .div(1 - tau)
    expectClose(compSumLoss(z, y, { tau }), formula, 1e-11)
  })

  test.prop([classified()])('has named members', ([z, y]) => {
    expectClose(compSumLoss(z, y), crossEntropy(z, y))
    for (const q of [0.25, 0.5, 1]) expectClose(compSumLoss(z, y, { tau: 1 + q }), generalizedCrossEntropy(z, y, { q }))
    expectClose(compSumLoss(z, y, { tau: 2 }), softmaxMaeLoss(z, y).div(2))
    expectClose(compSumLoss(z, y, { tau: 1.25 }).mul(5 / 4), rootedCrossEntropy(z, y, { k: 4, m: 5 }))
  })

  test.prop([moderate])('is continuous at τ = 1', ([z, y]) => {
    const family = (step: number) => (z: Tensor, y: Tensor) => compSumLoss(z, y, { tau: 1 + step })
    for (const side of [1, -1])
      laws.tendsTo(family, crossEntropy, { along: [1e-4 * side, 1e-8 * side, 1e-12 * side], tolerance: 1e-9 })(z, y)
  })

  test.prop([moderate, taus, taus])('falls as τ grows', ([z, y], a, b) => {
    const [less, more] = [Math.min(a, b), Math.max(a, b)].map((tau) => compSumLoss(z, y, { tau })) as [Tensor, Tensor]
    expectClose(maximum(less, more), less, 1e-13)
  })

  test.prop([moderate, taus])('has the gradient p^(τ − 1) (softmax − one-hot)', ([z, y], tau) => {
    const gradient = grad((x: Tensor) => sum(compSumLoss(x, y, { tau })))(z)
    const factor = sum(softmax(z).mul(hits(z, y)), { axis: -1, keepDims: true }).pow(tau - 1)
    expectClose(gradient, softmax(z).sub(hits(z, y)).mul(factor), 1e-11)
  })

  test.prop([
    fc
      .tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 4 }))
      .chain(([B, K]) => fc.tuple(tensors([B, K]), tensors([B, K]), labels([B], K))),
    fc.integer({ min: 0, max: 4 }).map((n) => n / 4),
  ])('is convex for τ ≤ 1', ([a, b, y], tau) => {
    laws.convex((z) => compSumLoss(z, y, { tau }))(a, b)
  })

  test.prop([moderate, taus], runs(0.25))('has derivatives that agree with differences for any τ', ([z, y], tau) => {
    checkGradients((x: Tensor) => compSumLoss(x, y, { tau }), [z])
  })

  it('overflows to infinity, not to NaN, for τ < 1', () => {
    const y = tensor(0, { dtype: 'i32' })
    expect(values(compSumLoss(tensor([-1e4, 1e4]), y, { tau: 0.5 }))).toEqual([Number.POSITIVE_INFINITY])
  })
})

describeErrors('compSumLoss', {
  'compSumLoss: tau must be a finite number of at least 0, got -1.': () =>
    compSumLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { tau: -1 }),
  'compSumLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    compSumLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
})
