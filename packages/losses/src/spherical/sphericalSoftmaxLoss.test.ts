import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, sum, type Tensor, tensor, zerosLike } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, overLabels } from '@wengert/testing'
import { describe } from 'vitest'
import { sphericalSoftmax } from './sphericalSoftmax.ts'
import { sphericalSoftmaxLoss } from './sphericalSoftmaxLoss.ts'

const moderate = classified(tensors)
const floors = fc.integer({ min: -20, max: 4 }).map((n) => 2 ** n)
const K = (z: Tensor): number => z.shape.at(-1) as number
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, K(z), { dtype: 'f64' })
const at = (z: Tensor, y: Tensor): Tensor => sum(z.mul(hits(z, y)), { axis: -1 })

describeLoss(sphericalSoftmaxLoss, {
  name: 'sphericalSoftmaxLoss',
  args: classified(),
  smooth: moderate,
  laws: {
    'is at least 0': laws.bounded(sphericalSoftmaxLoss, { min: 0 }),
    'does not see the signs of logits': laws.invariant(sphericalSoftmaxLoss, (z, y) => [z.neg(), y], { tolerance: 0 }),
    'does not change when classes change places': laws.invariant(sphericalSoftmaxLoss, classesReversed),
    'is −log of sphericalSoftmax': (z, y) => {
      expectClose(sphericalSoftmaxLoss(z, y), at(sphericalSoftmax(z), y).log().neg())
    },
    'is −log of shares that sum to 1 over the labels': (z) => {
      expectClose(sum(overLabels(sphericalSoftmaxLoss, z).neg().exp(), { axis: -1 }), 1)
    },
    'is log K where all logits are 0, with gradient 0': (z, y) => {
      expectClose(sphericalSoftmaxLoss(zerosLike(z), y), Math.log(K(z)))
      expectClose(grad((x: Tensor) => sum(sphericalSoftmaxLoss(x, y)))(zerosLike(z)), 0)
    },
  },
})

describe('sphericalSoftmaxLoss', () => {
  test.prop([moderate, floors])('depends on Σ z² and the logit of the label alone', ([z, y], eps) => {
    const total = sum(z.square(), { axis: -1 }).add(K(z) * eps)
    const own = at(z, y).square().add(eps)
    expectClose(sphericalSoftmaxLoss(z, y, { eps }), total.log().sub(own.log()), 1e-11)
  })

  test.prop([moderate, floors, fc.constantFrom(0.25, 8)])(
    'does not change where logits are scaled and eps with their squares',
    ([z, y], eps, c) => {
      expectClose(sphericalSoftmaxLoss(z.mul(c), y, { eps: eps * c * c }), sphericalSoftmaxLoss(z, y, { eps }))
    },
  )

  test.prop([moderate, floors])('has the documented gradient', ([z, y], eps) => {
    const gradient = grad((x: Tensor) => sum(sphericalSoftmaxLoss(x, y, { eps })))(z)
    const total = sum(z.square().add(eps), { axis: -1, keepDims: true })
    const shares = z
      .mul(0)
      .add(1)
      .div(total)
      .sub(hits(z, y).div(z.square().add(eps)))
    expectClose(gradient, z.mul(2).mul(shares), 1e-10)
  })
})

describeErrors('sphericalSoftmaxLoss', {
  'sphericalSoftmaxLoss: eps must be a finite number greater than 0, got -1.': () =>
    sphericalSoftmaxLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { eps: -1 }),
  'sphericalSoftmaxLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    sphericalSoftmaxLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
})
