import { fc, test } from '@fast-check/vitest'
import { grad, mean, oneHot, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, overLabels } from '@wengert/testing'
import { describe } from 'vitest'
import { squaredError } from '../regression/squaredError.ts'
import { sphericalMse } from './sphericalMse.ts'

const moderate = classified(tensors)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })

describeLoss(sphericalMse, {
  name: 'sphericalMse',
  args: classified(),
  smooth: moderate,
  laws: {
    'is at least 0': laws.bounded(sphericalMse, { min: 0 }),
    'is 0 where the logits are the one-hot label': (z, y) => expectClose(sphericalMse(hits(z, y), y), 0, 0),
    'does not change when classes change places': laws.invariant(sphericalMse, classesReversed),
    'is the sum of squared errors': (z, y) => {
      expectClose(sphericalMse(z, y), sum(squaredError(z, hits(z, y)), { axis: -1 }), 1e-15)
    },
    'has the gradient 2 (z − one-hot)': (z, y) => {
      expectClose(grad((x: Tensor) => sum(sphericalMse(x, y)))(z), z.sub(hits(z, y)).mul(2))
    },
  },
})

describe('sphericalMse', () => {
  test.prop([moderate])('depends on Σ z² and the logit of the label alone', ([z, y]) => {
    const own = sum(z.mul(hits(z, y)), { axis: -1 })
    expectClose(sphericalMse(z, y), sum(z.square(), { axis: -1 }).sub(own.mul(2)).add(1))
  })

  test.prop([moderate])('differs between labels by twice their logits', ([z]) => {
    const losses = overLabels(sphericalMse, z)
    const centred = (x: Tensor): Tensor => x.sub(mean(x, { axis: -1, keepDims: true }))
    expectClose(centred(losses), centred(z).mul(-2))
  })

  test.prop([
    fc
      .tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 4 }))
      .chain(([B, K]) => fc.tuple(tensors([B, K]), tensors([B, K]), labels([B], K))),
  ])('is convex', ([a, b, y]) => {
    laws.convex((z) => sphericalMse(z, y))(a, b)
  })
})

describeErrors('sphericalMse', {
  'sphericalMse: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    sphericalMse(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
  'sphericalMse: labels must have shape [...B], got [2] (...B = [], K = 2). Expected logits [...B, K], labels [...B].':
    () => sphericalMse(tensor([1, 2]), tensor([0, 1], { dtype: 'i32' })),
})
