import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, rowwise } from '@wengert/testing'
import { describe } from 'vitest'
import { softmaxMaeLoss } from '../robust/softmaxMaeLoss.ts'
import { crossEntropy } from './crossEntropy.ts'
import { polyLoss } from './polyLoss.ts'

const moderate = classified(tensors)
const epsilons = fc.array(
  fc.integer({ min: -8, max: 8 }).map((n) => n / 4),
  { maxLength: 4 },
)

describeLoss(polyLoss, {
  name: 'polyLoss',
  args: classified(),
  smooth: moderate,
  laws: {
    'is at least 0': laws.bounded(polyLoss, { min: 0 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(polyLoss),
    'does not change when classes change places': laws.invariant(polyLoss, classesReversed),
    'is crossEntropy and half of softmaxMaeLoss': (z, y) => {
      expectClose(polyLoss(z, y), crossEntropy(z, y).add(softmaxMaeLoss(z, y).mul(0.5)))
    },
    'is crossEntropy where nothing is added': (z, y) => {
      expectClose(polyLoss(z, y, { epsilon: 0 }), crossEntropy(z, y), 0)
      expectClose(polyLoss(z, y, { epsilon: [] }), crossEntropy(z, y), 0)
    },
  },
})

describe('polyLoss', () => {
  test.prop([moderate, epsilons])('is the changed polynomial, in plain numbers', ([z, y], epsilon) => {
    const plain = (z: number[], [label = 0]: number[]): number => {
      const wrong = 1 - Math.exp(z[label] as number) / z.reduce((total, x) => total + Math.exp(x), 0)
      return epsilon.reduce((total, e, j) => total + e * wrong ** (j + 1), -Math.log1p(-wrong))
    }
    expectClose(polyLoss(z, y, { epsilon }), rowwise(plain, z, y), 1e-11)
  })

  test.prop([moderate, fc.integer({ min: -8, max: 8 })])('has the documented gradient', ([z, y], epsilon) => {
    const e = oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
    const p = sum(softmax(z).mul(e), { axis: -1, keepDims: true })
    const gradient = grad((x: Tensor) => sum(polyLoss(x, y, { epsilon })))(z)
    expectClose(gradient, softmax(z).sub(e).mul(p.mul(epsilon).add(1)))
  })
})

describeErrors('polyLoss', {
  'polyLoss: epsilon must be finite, got NaN.': () =>
    polyLoss(tensor([1, 2]), tensor(0, { dtype: 'i32' }), { epsilon: [1, Number.NaN] }),
  'polyLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    polyLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
})
