import { test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, overLabels } from '@wengert/testing'
import { describe } from 'vitest'
import { softmaxMaeLoss } from './softmaxMaeLoss.ts'

const moderate = classified(tensors)
const K = (z: Tensor): number => z.shape.at(-1) as number
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, K(z), { dtype: 'f64' })

describeLoss(softmaxMaeLoss, {
  name: 'softmaxMaeLoss',
  args: classified(),
  smooth: moderate,
  laws: {
    'lies between 0 and 2': laws.bounded(softmaxMaeLoss, { min: 0, max: 2 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(softmaxMaeLoss),
    'does not change when classes change places': laws.invariant(softmaxMaeLoss, classesReversed),
    'is symmetric: over all labels it sums to 2 (K − 1)': (z) => {
      expectClose(sum(overLabels(softmaxMaeLoss, z), { axis: -1 }), 2 * (K(z) - 1))
    },
    'is the absolute distance of softmax and one-hot': (z, y) => {
      expectClose(softmaxMaeLoss(z, y), sum(softmax(z).sub(hits(z, y)).abs(), { axis: -1 }))
    },
  },
})

describe('softmaxMaeLoss', () => {
  test.prop([moderate])('has the gradient 2 p (softmax − one-hot)', ([z, y]) => {
    const gradient = grad((x: Tensor) => sum(softmaxMaeLoss(x, y)))(z)
    const p = sum(softmax(z).mul(hits(z, y)), { axis: -1, keepDims: true })
    expectClose(gradient, softmax(z).sub(hits(z, y)).mul(p.mul(2)))
  })
})

describeErrors('softmaxMaeLoss', {
  'softmaxMaeLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    softmaxMaeLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
  "softmaxMaeLoss: labels must be i32, got f32 []. Cast it, e.g. labels.cast('i32').": () =>
    softmaxMaeLoss(tensor([1, 2]), tensor(1)),
})
