import { fc, test } from '@fast-check/vitest'
import { grad, sigmoid, sum, type Tensor, tensor, zerosLike } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { binaryCrossEntropy } from './binaryCrossEntropy.ts'
import { crossEntropy } from './crossEntropy.ts'

const soft = (shape: readonly number[]): fc.Arbitrary<Tensor> => tensors(shape, { min: 0, max: 1, avoid: [0, 1] })
const hard = (shape: readonly number[]): fc.Arbitrary<Tensor> => labels(shape, 2)

describeLoss(binaryCrossEntropy, {
  name: 'binaryCrossEntropy',
  args: paired(logits, soft),
  smooth: paired(tensors, soft),
  laws: {
    'is at least 0': laws.bounded(binaryCrossEntropy, { min: 0 }),
    'does not change when labels and logits both change sides': laws.invariant(binaryCrossEntropy, (z, y) => [
      z.neg(),
      y.neg().add(1),
    ]),
    'is linear in the label': (z, y) => {
      const no = binaryCrossEntropy(z, zerosLike(y))
      const yes = binaryCrossEntropy(z, zerosLike(y).add(1))
      expectClose(binaryCrossEntropy(z, y), no.add(y.mul(yes.sub(no))))
    },
    'has the gradient σ(z) − y': (z, y) => {
      const gradient = grad((x: Tensor) => sum(binaryCrossEntropy(x, y)))(z)
      expectClose(gradient, sigmoid(z).sub(y))
    },
  },
})

describe('binaryCrossEntropy', () => {
  test.prop([paired(logits, hard)])('is crossEntropy of the logits 0 and z', ([z, y]) => {
    const two = z.expandDims(-1).mul(tensor([0, 1]))
    expectClose(binaryCrossEntropy(z, y), crossEntropy(two, y))
  })

  test.prop([paired(logits, hard)])('takes labels of any dtype', ([z, y]) => {
    for (const dtype of ['bool', 'f32', 'f64'] as const)
      expectClose(binaryCrossEntropy(z, y.cast(dtype)), binaryCrossEntropy(z, y), 0)
  })

  test.prop([paired(logits, hard), fc.integer({ min: 0, max: 8 })])(
    'multiplies positive examples by positiveWeight',
    ([z, y], positiveWeight) => {
      const factors = y.mul(positiveWeight - 1).add(1)
      expectClose(binaryCrossEntropy(z, y, { positiveWeight }), binaryCrossEntropy(z, y).mul(factors))
    },
  )

  test.prop([paired(logits, soft), fc.integer({ min: 0, max: 8 }).map((n) => n / 8)])(
    'moves labels toward ½ by smoothing',
    ([z, y], smoothing) => {
      const moved = y.mul(1 - smoothing).add(smoothing / 2)
      expectClose(binaryCrossEntropy(z, y, { smoothing }), binaryCrossEntropy(z, moved))
    },
  )

  it('marks computed labels out of range by NaN', () => {
    const computed = tensor([1, 0.5, -0.5]).add(0.25)
    expect(values(binaryCrossEntropy(tensor([1, 2, 3]), computed)).map(Number.isNaN)).toEqual([true, false, true])
  })
})

describeErrors('binaryCrossEntropy', {
  'binaryCrossEntropy: labels must be from 0 to 1, got -1 at [0, 1]. Signs become such labels with labels.greater(0).':
    () => binaryCrossEntropy(tensor([[1, 2]]), tensor([[1, -1]])),
  'binaryCrossEntropy: positiveWeight must be at least 0, got -1.': () =>
    binaryCrossEntropy(tensor([1]), tensor([1]), { positiveWeight: -1 }),
  'binaryCrossEntropy: smoothing must be from 0 to 1, got NaN.': () =>
    binaryCrossEntropy(tensor([1]), tensor([1]), { smoothing: Number.NaN }),
})
