import { fc, test } from '@fast-check/vitest'
import { grad, sigmoid, softplus, sum, type Tensor, tensor, zerosLike } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { rootedGanDiscriminatorLoss } from './rootedGanDiscriminatorLoss.ts'
import { rootedGanGeneratorLoss } from './rootedGanGeneratorLoss.ts'
import { rootedLogistic } from './rootedLogistic.ts'

const moderate = (shape: readonly number[]): fc.Arbitrary<Tensor> => tensors(shape, { min: -20, max: 20 })
const args = paired(moderate, moderate)
const roots = fc.integer({ min: 4, max: 40 }).map((n) => n / 4)

describeLoss(rootedGanDiscriminatorLoss, {
  name: 'rootedGanDiscriminatorLoss',
  args,
  // A wrong logit of 1e4 honestly costs 2 e^5000.
  saturation: 100,
  laws: {
    'is at least 2 k': laws.bounded(rootedGanDiscriminatorLoss, { min: 4 }),
    'does not change when real and made change places and signs': laws.invariant(
      rootedGanDiscriminatorLoss,
      (real, fake) => [fake.neg(), real.neg()],
    ),
    'is rootedLogistic of real with label 1 and of made with label 0': (real, fake) => {
      const parts = rootedLogistic(real, zerosLike(real).add(1)).add(rootedLogistic(fake, zerosLike(fake)))
      expectClose(rootedGanDiscriminatorLoss(real, fake), parts)
    },
    'tends to the logistic loss as k grows, once 2 k is subtracted': laws.tendsTo(
      (k) => (real: Tensor, fake: Tensor) => rootedGanDiscriminatorLoss(real, fake, { k }).sub(2 * k),
      (real: Tensor, fake: Tensor) => softplus(real.neg()).add(softplus(fake)),
      { along: [1e3, 1e5, 1e7], tolerance: 1e-4 },
    ),
  },
})

describe('rootedGanDiscriminatorLoss', () => {
  test.prop([args, roots])('has the documented gradients', ([real, fake], k) => {
    const objective = ([r, f]: [Tensor, Tensor]): Tensor => sum(rootedGanDiscriminatorLoss(r, f, { k }))
    const [byReal, byFake] = grad(objective)([real, fake])
    const slope = (x: Tensor): Tensor => sigmoid(x).mul(softplus(x).div(k).exp())
    expectClose(byReal, slope(real.neg()).neg())
    expectClose(byFake, slope(fake))
  })

  test.prop([args, args, roots])('is convex in both logits', ([real], [fake], k) => {
    laws.convex((x) => rootedGanDiscriminatorLoss(x, x.neg(), { k }))(real, real.mul(0.5).sub(1))
    laws.convex((x) => rootedGanDiscriminatorLoss(x, x, { k }))(fake, fake.neg().add(2))
  })

  it('overflows to infinity, not to NaN', () => {
    const z = tensor([1e4], { dtype: 'f64' })
    expect(values(rootedGanDiscriminatorLoss(z, z))).toEqual([Number.POSITIVE_INFINITY])
    expect(values(rootedGanGeneratorLoss(z.neg()))).toEqual([Number.POSITIVE_INFINITY])
  })
})

describeErrors('rootedGanDiscriminatorLoss', {
  'rootedGanDiscriminatorLoss: k must be a finite number of at least 1, got 0.': () =>
    rootedGanDiscriminatorLoss(tensor([1]), tensor([1]), { k: 0 }),
  "rootedGanDiscriminatorLoss: fakeLogits must be f32 or f64, got i32 [1]. Cast it, e.g. fakeLogits.cast('f32').": () =>
    rootedGanDiscriminatorLoss(tensor([1]), tensor([1], { dtype: 'i32' })),
})
