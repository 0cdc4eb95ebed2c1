import { fc, test } from '@fast-check/vitest'
import { grad, minimum, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { rootedCrossEntropy } from '../rooted/rootedCrossEntropy.ts'
import { generalizedCrossEntropy } from './generalizedCrossEntropy.ts'

const moderate = classified(tensors)
const powers = fc.integer({ min: 1, max: 16 }).map((n) => n / 16)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
const probs = (z: Tensor, y: Tensor): Tensor => sum(softmax(z).mul(hits(z, y)), { axis: -1 })

describeLoss(generalizedCrossEntropy, {
  name: 'generalizedCrossEntropy',
  args: classified(),
  smooth: moderate,
  laws: {
    'lies between 0 and 1/q': laws.bounded(generalizedCrossEntropy, { min: 0, max: 1 / 0.7 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(generalizedCrossEntropy),
    'is 1 − p for q = 1': (z, y) => {
      expectClose(generalizedCrossEntropy(z, y, { q: 1 }), probs(z, y).neg().add(1))
    },
    'does not change when classes change places': laws.invariant(generalizedCrossEntropy, classesReversed),
  },
})

describe('generalizedCrossEntropy', () => {
  test.prop([moderate])('tends to crossEntropy as q falls', ([z, y]) => {
    const family = (q: number) => (z: Tensor, y: Tensor) => generalizedCrossEntropy(z, y, { q })
    laws.tendsTo(family, crossEntropy, { along: [1e-3, 1e-6, 1e-9], tolerance: 1e-6 })(z, y)
  })

  test.prop([moderate, powers])('is rootedCrossEntropy with k = m = 1/q', ([z, y], q) => {
    expectClose(generalizedCrossEntropy(z, y, { q }), rootedCrossEntropy(z, y, { k: 1 / q, m: 1 / q }))
  })

  test.prop([moderate, powers])('has the gradient p^q (softmax − one-hot)', ([z, y], q) => {
    const gradient = grad((x: Tensor) => sum(generalizedCrossEntropy(x, y, { q })))(z)
    const factor = probs(z, y).pow(q).expandDims(-1)
    expectClose(gradient, softmax(z).sub(hits(z, y)).mul(factor))
  })

  test.prop([moderate, powers, powers])('costs no more below the probability k, and moves nothing', ([z, y], q, k) => {
    const most = (1 - k ** q) / q
    expectClose(generalizedCrossEntropy(z, y, { q, k }), minimum(generalizedCrossEntropy(z, y, { q }), most))
    const gradient = grad((x: Tensor) => sum(generalizedCrossEntropy(x, y, { q, k })))(z)
    const below = probs(z, y).less(k - 1e-9)
    expectClose(gradient.mul(below.expandDims(-1)), 0, 0)
  })

  it('costs 1/q, with gradient 0, where the label is ruled out', () => {
    const z = tensor([0, Number.NEGATIVE_INFINITY], { dtype: 'f64' })
    const y = tensor(1, { dtype: 'i32' })
    expect(values(generalizedCrossEntropy(z, y, { q: 0.5 }))).toEqual([2])
    expect(values(grad((x: Tensor) => generalizedCrossEntropy(x, y))(z)).map(Math.abs)).toEqual([0, 0])
  })
})

describeErrors('generalizedCrossEntropy', {
  'generalizedCrossEntropy: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    generalizedCrossEntropy(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
  'generalizedCrossEntropy: q must be greater than 0 and at most 1, got 0.': () =>
    generalizedCrossEntropy(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { q: 0 }),
  'generalizedCrossEntropy: k must be from 0 to 1, got 2.': () =>
    generalizedCrossEntropy(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { k: 2 }),
})
