import { fc, test } from '@fast-check/vitest'
import { grad, maximum, sigmoid, softplus, sum, type Tensor, tensor, where } from '@wengert/core'
import { labels, laws, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { binaryCrossEntropy } from '../classification/binaryCrossEntropy.ts'
import { rootedLogistic } from './rootedLogistic.ts'

const moderate = (shape: readonly number[]): fc.Arbitrary<Tensor> => tensors(shape, { min: -20, max: 20 })
const args = paired(moderate, (shape) => labels(shape, 2))
const margins = (z: Tensor, y: Tensor): Tensor => where(y.equal(1), z, z.neg())
const roots = fc.integer({ min: 4, max: 40 }).map((n) => n / 4)

describeLoss(rootedLogistic, {
  name: 'rootedLogistic',
  args,
  // A wrong logit of 1e4 honestly costs 2 e^5000.
  saturation: 100,
  laws: {
    'does not change when labels and logits both change sides': laws.invariant(
      rootedLogistic,
      (z, y) => [z.neg(), y.neg().add(1)],
      { tolerance: 0 },
    ),
    'is 1 + e^(−t) for k = 1': (z, y) => {
      expectClose(rootedLogistic(z, y, { k: 1 }), margins(z, y).neg().exp().add(1))
    },
    'tends to the logistic loss as k grows, once k is subtracted': laws.tendsTo(
      (k) => (z: Tensor, y: Tensor) => rootedLogistic(z, y, { k, centered: true }),
      binaryCrossEntropy,
      { along: [1e3, 1e6, 1e9], tolerance: 1e-6 },
    ),
  },
})

describe('rootedLogistic', () => {
  test.prop([args, roots])('exceeds k by at least the logistic loss', ([z, y], k) => {
    const least = softplus(margins(z, y).neg())
    const excess = rootedLogistic(z, y, { k, centered: true })
    expectClose(maximum(least, excess), excess)
    expectClose(rootedLogistic(z, y, { k }), excess.add(k))
  })

  test.prop([args, roots])('is strictly decreasing in the margin, with the documented slope', ([z, y], k) => {
    const t = margins(z, y)
    const slopes = grad((x: Tensor) => sum(rootedLogistic(x, y.mul(0).add(1), { k })))(t)
    expectClose(slopes, sigmoid(t.neg()).mul(softplus(t.neg()).div(k).exp()).neg())
    for (const slope of values(slopes)) expect(slope).toBeLessThan(0)
  })

  test.prop([fc.nat({ max: 4 }).chain((n) => fc.tuple(moderate([n]), moderate([n]), labels([n], 2))), roots])(
    'is convex in the logit',
    ([a, b, y], k) => {
      laws.convex((z) => rootedLogistic(z, y, { k }))(a, b)
    },
  )

  it('keeps its digits when centered, where the loss is small', () => {
    const z = tensor([40], { dtype: 'f64' })
    const loss = value(rootedLogistic(z, tensor([1]), { k: 2, centered: true }))
    expect(Math.abs(loss / Math.exp(-40) - 1)).toBeLessThan(1e-14)
  })

  it('overflows to infinity, not to NaN', () => {
    const z = tensor([1e4], { dtype: 'f64' })
    expect(values(rootedLogistic(z, tensor([0])))).toEqual([Number.POSITIVE_INFINITY])
    expect(values(grad((x: Tensor) => sum(rootedLogistic(x, tensor([0]))))(z))).toEqual([Number.POSITIVE_INFINITY])
  })

  it('marks computed labels other than 0 and 1 by NaN', () => {
    const computed = tensor([1, 0, -1]).mul(1)
    expect(values(rootedLogistic(tensor([1, 2, 3]), computed)).map(Number.isNaN)).toEqual([false, false, true])
  })
})

describeErrors('rootedLogistic', {
  'rootedLogistic: labels must be 0 or 1, got -1 at [1]. Signs become such labels with labels.greater(0).': () =>
    rootedLogistic(tensor([1, 2]), tensor([1, -1])),
  'rootedLogistic: k must be a finite number of at least 1, got 0.5.': () =>
    rootedLogistic(tensor([1]), tensor([1]), { k: 0.5 }),
})
