import { fc, test } from '@fast-check/vitest'
import { grad, logSoftmax, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, overLabels } from '@wengert/testing'
import { describe } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { normalizedCrossEntropy } from './normalizedCrossEntropy.ts'

const severalClasses = classified(tensors, 2)
const K = (z: Tensor): number => z.shape.at(-1) as number

describeLoss(normalizedCrossEntropy, {
  name: 'normalizedCrossEntropy',
  args: classified(),
  smooth: classified(tensors),
  laws: {
    'lies between 0 and 1': laws.bounded(normalizedCrossEntropy, { min: 0, max: 1 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(normalizedCrossEntropy),
    'does not change when classes change places': laws.invariant(normalizedCrossEntropy, classesReversed),
    'is symmetric: over all labels it sums to 1': (z) => {
      expectClose(sum(overLabels(normalizedCrossEntropy, z), { axis: -1 }), K(z) > 1 ? 1 : 0)
    },
  },
})

describe('normalizedCrossEntropy', () => {
  test.prop([severalClasses])('is crossEntropy over its sum for all labels', ([z, y]) => {
    const total = sum(overLabels(crossEntropy, z), { axis: -1 })
    expectClose(normalizedCrossEntropy(z, y), crossEntropy(z, y).div(total))
  })

  test.prop([severalClasses])('has the documented gradient', ([z, y]) => {
    const gradient = grad((x: Tensor) => sum(normalizedCrossEntropy(x, y)))(z)
    const L = normalizedCrossEntropy(z, y).expandDims(-1)
    const c = sum(logSoftmax(z), { axis: -1, keepDims: true })
    const shared = softmax(z).mul(L.mul(-K(z)).add(1))
    expectClose(gradient, oneHot(y, K(z), { dtype: 'f64' }).sub(L).sub(shared).div(c))
  })

  test.prop([fc.integer({ min: 2, max: 6 }).chain((n) => fc.tuple(fc.constant(n), labels([], n)))])(
    'is 1/K where all logits are equal',
    ([n, y]) => {
      expectClose(normalizedCrossEntropy(tensor(new Float64Array(n)), y), 1 / n)
    },
  )
})

describeErrors('normalizedCrossEntropy', {
  'normalizedCrossEntropy: labels must be class indices from 0 to 1, got 2 at [1]. The logits have 2 classes.': () =>
    normalizedCrossEntropy(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      tensor([0, 2], { dtype: 'i32' }),
    ),
  "normalizedCrossEntropy: logits must be f32 or f64, got i32 [2]. Cast it, e.g. logits.cast('f32').": () =>
    normalizedCrossEntropy(tensor([1, 2], { dtype: 'i32' }), tensor(1, { dtype: 'i32' })),
})
