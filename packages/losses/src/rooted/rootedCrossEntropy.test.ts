import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, describeLoss, expectClose, paired, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { rootedCrossEntropy } from './rootedCrossEntropy.ts'
import { rootedLogistic } from './rootedLogistic.ts'

const moderate = classified(tensors)
const roots = fc.integer({ min: 4, max: 40 }).map((n) => n / 4)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
const probs = (z: Tensor, y: Tensor): Tensor => sum(softmax(z).mul(hits(z, y)), { axis: -1 })

describeLoss(rootedCrossEntropy, {
  name: 'rootedCrossEntropy',
  args: classified(),
  smooth: moderate,
  laws: {
    'lies between 0 and m': laws.bounded((z, y) => rootedCrossEntropy(z, y, { m: 5 }), { min: 0, max: 5 }),
    'is proportional to m': (z, y) => {
      expectClose(rootedCrossEntropy(z, y, { m: 12 }), rootedCrossEntropy(z, y).mul(4))
    },
    'does not change when all logits of an example are shifted': laws.shiftInvariant(rootedCrossEntropy),
    'is 1 − p for k = m = 1': (z, y) => {
      expectClose(rootedCrossEntropy(z, y, { k: 1, m: 1 }), probs(z, y).neg().add(1))
    },
  },
})

describe('rootedCrossEntropy', () => {
  test.prop([moderate])('tends to crossEntropy as m = k grows', ([z, y]) => {
    const rooted = (k: number) => (z: Tensor, y: Tensor) => rootedCrossEntropy(z, y, { k, m: k })
    laws.tendsTo(rooted, crossEntropy, { along: [1e3, 1e6, 1e9], tolerance: 1e-6 })(z, y)
  })

  test.prop([moderate, roots])('is generalized cross-entropy (1 − p^q) / q for m = k = 1/q', ([z, y], k) => {
    const q = 1 / k
    expectClose(rootedCrossEntropy(z, y, { k, m: k }), probs(z, y).pow(q).neg().add(1).div(q))
  })

  test.prop([moderate, roots])('has the gradient (m/k) p^(1/k) (softmax − one-hot)', ([z, y], k) => {
    const gradient = grad((x: Tensor) => sum(rootedCrossEntropy(x, y, { k })))(z)
    const factor = probs(z, y)
      .pow(1 / k)
      .mul(3 / k)
    expectClose(gradient, softmax(z).sub(hits(z, y)).mul(factor.expandDims(-1)))
  })

  test.prop([paired(tensors, (shape) => labels(shape, 2)), roots])(
    'is rootedLogistic for two classes in the form root',
    ([z, y], k) => {
      const two = z.expandDims(-1).mul(tensor([0, 1]))
      expectClose(rootedCrossEntropy(two, y, { k, form: 'root' }), rootedLogistic(z, y, { k }))
    },
  )

  test.prop([moderate, roots], runs(0.25))('can be differentiated in the form root', ([z, y], k) => {
    checkGradients((x: Tensor) => rootedCrossEntropy(x, y, { k, form: 'root' }), [z])
  })

  it('costs m, with gradient 0, where the label is ruled out', () => {
    const z = tensor([0, Number.NEGATIVE_INFINITY], { dtype: 'f64' })
    const y = tensor(1, { dtype: 'i32' })
    expect(values(rootedCrossEntropy(z, y))).toEqual([3])
    expect(values(grad((x: Tensor) => rootedCrossEntropy(x, y))(z)).map(Math.abs)).toEqual([0, 0])
  })
})

describeErrors('rootedCrossEntropy', {
  'rootedCrossEntropy: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    rootedCrossEntropy(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
  "rootedCrossEntropy: labels must be i32, got f32 []. Cast it, e.g. labels.cast('i32').": () =>
    rootedCrossEntropy(tensor([1, 2]), tensor(1)),
  'rootedCrossEntropy: m must be greater than 0, got 0.': () =>
    rootedCrossEntropy(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { m: 0 }),
  'rootedCrossEntropy: form must be one of power, root, got log.': () =>
    rootedCrossEntropy(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { form: 'log' as 'root' }),
})
