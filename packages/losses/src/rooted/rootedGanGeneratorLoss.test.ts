import { fc, test } from '@fast-check/vitest'
import { grad, maximum, sigmoid, softplus, sum, type Tensor, tensor, zerosLike } from '@wengert/core'
import { checkGradients, laws, shapes, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { rootedGanDiscriminatorLoss } from './rootedGanDiscriminatorLoss.ts'
import { rootedGanGeneratorLoss } from './rootedGanGeneratorLoss.ts'
import { rootedLogistic } from './rootedLogistic.ts'

const logits = shapes({ minRank: 0, maxRank: 2 }).chain((shape) => tensors(shape, { min: -20, max: 20 }))
const batches = shapes({ minRank: 1, maxRank: 2 }).chain((shape) => tensors(shape, { min: -20, max: 20 }))
const roots = fc.integer({ min: 4, max: 40 }).map((n) => n / 4)

describe('rootedGanGeneratorLoss', () => {
  test.prop([logits, roots])('is rootedLogistic with all labels 1', (fake, k) => {
    expectClose(rootedGanGeneratorLoss(fake, { k }), rootedLogistic(fake, zerosLike(fake).add(1), { k }))
  })

  test.prop([logits, roots])('is what the discriminator pays for it with the sign changed', (fake, k) => {
    const paired = rootedGanDiscriminatorLoss(zerosLike(fake), fake.neg(), { k })
    expectClose(rootedGanGeneratorLoss(fake, { k }), paired.sub(k * 2 ** (1 / k)))
  })

  test.prop([logits, roots])('falls as the discriminator is misled, with the documented slope', (fake, k) => {
    const slopes = grad((x: Tensor) => sum(rootedGanGeneratorLoss(x, { k })))(fake)
    expectClose(slopes, sigmoid(fake.neg()).mul(softplus(fake.neg()).div(k).exp()).neg())
    for (const slope of values(slopes)) expect(slope).toBeLessThan(0)
  })

  test.prop([logits, roots])('exceeds k by at least the logistic loss', (fake, k) => {
    const loss = rootedGanGeneratorLoss(fake, { k })
    expectClose(maximum(softplus(fake.neg()).add(k), loss), loss)
  })

  test.prop([batches])('gives a batch the values of its examples', (fake) => {
    laws.exampleWise(rootedGanGeneratorLoss)(fake)
  })

  test.prop([tensors([3, 2])], { numRuns: 25 })('has derivatives that agree with differences', (fake) => {
    checkGradients((x: Tensor) => rootedGanGeneratorLoss(x), [fake])
  })

  it('is finite, and so is its gradient, at ±100 in f32', () => {
    const fake = tensor([-100, 100])
    const gradient = grad((x: Tensor) => sum(rootedGanGeneratorLoss(x)))(fake)
    for (const x of [...values(rootedGanGeneratorLoss(fake)), ...values(gradient)])
      expect(Number.isFinite(x)).toBe(true)
  })
})

describeErrors('rootedGanGeneratorLoss', {
  'rootedGanGeneratorLoss: fakeLogits must be a tensor, got an array. Wrap data with tensor(…).': () =>
    rootedGanGeneratorLoss([1, 2] as unknown as Tensor),
  'rootedGanGeneratorLoss: k must be a finite number of at least 1, got Infinity.': () =>
    rootedGanGeneratorLoss(tensor([1]), { k: Number.POSITIVE_INFINITY }),
})
