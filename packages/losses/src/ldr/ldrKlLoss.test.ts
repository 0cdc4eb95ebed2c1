import { fc, test } from '@fast-check/vitest'
import { grad, maximum, mean, oneHot, softmax, softplus, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { ldrKLoss } from './ldrKLoss.ts'
import { ldrKlLoss } from './ldrKlLoss.ts'

const moderate = classified(tensors)
const awayFrom0 = (shape: readonly number[]): fc.Arbitrary<Tensor> => tensors(shape, { avoid: [0] })
const lambdas = fc.integer({ min: 1, max: 40 }).map((n) => n / 4)
const K = (z: Tensor): number => z.shape.at(-1) as number
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, K(z), { dtype: 'f64' })
const others = (z: Tensor, y: Tensor): Tensor => hits(z, y).neg().add(1)

for (const normalization of ['none', 'l1Mean', 'softplusMean'] as const)
  describe(`with normalization ${normalization}`, () => {
    const loss = (z: Tensor, y: Tensor): Tensor => ldrKlLoss(z, y, { normalization })
    describeLoss(loss, {
      name: 'ldrKlLoss',
      share: 0.5,
      args: classified(),
      smooth: classified(awayFrom0),
      laws: {
        'does not change when classes change places': laws.invariant(loss, classesReversed),
        'is at least −λ log K': (z, y) => {
          for (const x of values(loss(z, y))) expect(x).toBeGreaterThanOrEqual(-Math.log(K(z)) - 1e-12)
        },
      },
    })
  })

describe('ldrKlLoss', () => {
  test.prop([classified()])('is crossEntropy − log K for λ = 1 and margin 0', ([z, y]) => {
    expectClose(ldrKlLoss(z, y, { margin: 0 }), crossEntropy(z, y).sub(Math.log(K(z))))
  })

  test.prop([classified()])('does not change when all logits of an example are shifted', (args) => {
    laws.shiftInvariant((z: Tensor, y: Tensor) => ldrKlLoss(z, y))(...args)
  })

  test.prop([moderate])('tends to the greatest term as λ falls', ([z, y]) => {
    const family = (lambda: number) => (z: Tensor, y: Tensor) => ldrKlLoss(z, y, { lambda, margin: 1 })
    const limit = (z: Tensor, y: Tensor) => ldrKLoss(z, y, { margin: 1 })
    laws.tendsTo(family, limit, { along: [1e-2, 1e-4, 1e-7], tolerance: 1e-6 })(z, y)
  })

  test.prop([moderate])('tends to the mean of the terms as λ grows', ([z, y]) => {
    const family = (lambda: number) => (z: Tensor, y: Tensor) => ldrKlLoss(z, y, { lambda, margin: 1 })
    const limit = (z: Tensor, y: Tensor) => ldrKLoss(z, y, { margin: 1, k: K(z) })
    laws.tendsTo(family, limit, { along: [1e2, 1e4, 1e6], tolerance: 1e-5 })(z, y)
  })

  test.prop([moderate, lambdas, lambdas])('falls as λ grows', ([z, y], a, b) => {
    const [more, less] = [Math.min(a, b), Math.max(a, b)].map((lambda) => ldrKlLoss(z, y, { lambda })) as [
      Tensor,
      Tensor,
    ]
    expectClose(maximum(less, more), more, 1e-13)
  })

  test.prop([moderate, lambdas])('is at least what any distribution gives', ([z, y], lambda) => {
    const label = sum(z.mul(hits(z, y)), { axis: -1, keepDims: true })
    const terms = z.sub(label).add(others(z, y).mul(0.1))
    const value = ldrKlLoss(z, y, { lambda })
    for (const q of [softmax(z), softmax(z.square()), softmax(terms.div(lambda))]) {
      const divergence = sum(q.mul(q.mul(K(z)).log()), { axis: -1 })
      const under = sum(q.mul(terms), { axis: -1 }).sub(divergence.mul(lambda))
      expectClose(maximum(under, value), value)
    }
  })

  test.prop([moderate, lambdas])('has the gradient softmax(t/λ) − one-hot', ([z, y], lambda) => {
    const gradient = grad((x: Tensor) => sum(ldrKlLoss(x, y, { lambda })))(z)
    const terms = z.add(others(z, y).mul(0.1))
    expectClose(gradient, softmax(terms.div(lambda)).sub(hits(z, y)))
  })

  test.prop([
    fc
      .tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 4 }))
      .chain(([B, K]) => fc.tuple(tensors([B, K]), tensors([B, K]), labels([B], K))),
    lambdas,
  ])('is convex', ([a, b, y], lambda) => {
    laws.convex((z) => ldrKlLoss(z, y, { lambda }))(a, b)
  })

  test.prop([moderate])('divides softplus of the logits by their mean', ([z, y]) => {
    const positive = softplus(z)
    const ratios = positive.div(mean(positive, { axis: -1, keepDims: true }))
    expectClose(ldrKlLoss(z, y, { normalization: 'softplusMean' }), ldrKlLoss(ratios, y))
    const l1 = ldrKlLoss(z, y, { normalization: 'l1Mean' })
    expectClose(ldrKlLoss(z.mul(8), y, { normalization: 'l1Mean' }), l1)
  })

  test.prop([moderate], runs(0.25))('can be differentiated for small λ', ([z, y]) => {
    checkGradients((x: Tensor) => ldrKlLoss(x, y, { lambda: 0.25, margin: 1 }), [z])
  })

  it('normalizes rows that are 0 or far below it', () => {
    const y = tensor(0, { dtype: 'i32' })
    for (const dtype of ['f32', 'f64'] as const) {
      const [zero, low] = [tensor([0, 0], { dtype }), tensor([-1e4, -1e4 - 1], { dtype })]
      expectClose(ldrKlLoss(zero, y, { normalization: 'l1Mean' }), ldrKlLoss(zero, y), 1e-6)
      const ratios = softmax(tensor([1, 0], { dtype: 'f64' })).mul(2)
      expectClose(
        ldrKlLoss(low, y, { normalization: 'softplusMean' }).cast('f64'),
        ldrKlLoss(ratios, y),
        dtype === 'f32' ? 1e-3 : 1e-10,
      )
    }
  })
})

describeErrors('ldrKlLoss', {
  'ldrKlLoss: lambda must be a finite number greater than 0, got 0.': () =>
    ldrKlLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { lambda: 0 }),
  'ldrKlLoss: margin must be a finite number of at least 0, got NaN.': () =>
    ldrKlLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { margin: Number.NaN }),
  'ldrKlLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    ldrKlLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
})
