import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, tensor, xLogY } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { generalizedJsLoss } from './generalizedJsLoss.ts'

const moderate = classified(tensors)
const shares = fc.integer({ min: 1, max: 15 }).map((n) => n / 16)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
const probs = (z: Tensor, y: Tensor): Tensor => sum(softmax(z).mul(hits(z, y)), { axis: -1 })

/** Σ a log(a / b). */
const divergence = (a: Tensor, b: Tensor): Tensor => sum(xLogY(a, a).sub(xLogY(a, b)), { axis: -1 })

describeLoss(generalizedJsLoss, {
  name: 'generalizedJsLoss',
  args: classified(),
  smooth: moderate,
  laws: {
    // The greatest value is that of p = 0: 1 + π log π / ((1 − π) log(1 − π)), which is 2 for π = ½.
    'lies between 0 and 2 for π = ½': laws.bounded(generalizedJsLoss, { min: 0, max: 2, tolerance: 1e-14 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(generalizedJsLoss),
    'does not change when classes change places': laws.invariant(generalizedJsLoss, classesReversed),
  },
})

describe('generalizedJsLoss', () => {
  test.prop([moderate, shares])('is the scaled divergence of label and prediction from their mixture', ([z, y], pi) => {
    const [e, p] = [hits(z, y), softmax(z)]
    const m = e.mul(pi).add(p.mul(1 - pi))
    const js = divergence(e, m)
      .mul(pi)
      .add(divergence(p, m).mul(1 - pi))
    expectClose(generalizedJsLoss(z, y, { pi }), js.div(-(1 - pi) * Math.log(1 - pi)))
  })

  test.prop([moderate])('tends to crossEntropy as π falls', ([z, y]) => {
    const family = (pi: number) => (z: Tensor, y: Tensor) => generalizedJsLoss(z, y, { pi })
    // Below, the parts of the sum cancel to more than this.
    laws.tendsTo(family, crossEntropy, { along: [1e-3, 1e-5, 1e-7], tolerance: 1e-4 })(z, y)
  })

  test.prop([moderate])('comes near 1 − p as π comes near 1', ([z, y]) => {
    const family = (pi: number) => (z: Tensor, y: Tensor) => generalizedJsLoss(z, y, { pi })
    const limit = (z: Tensor, y: Tensor) => probs(z, y).neg().add(1)
    // As slowly as 1 / log(1 − π).
    laws.tendsTo(family, limit, { along: [0.9, 1 - 1e-4, 1 - 1e-12], tolerance: 0.05 })(z, y)
  })

  test.prop([moderate, shares])('has the documented gradient', ([z, y], pi) => {
    const gradient = grad((x: Tensor) => sum(generalizedJsLoss(x, y, { pi })))(z)
    const p = probs(z, y)
    const m = p.mul(1 - pi).add(pi)
    const factor = p.mul(m.div(p.mul(1 - pi)).log()).div(-Math.log(1 - pi))
    expectClose(gradient, softmax(z).sub(hits(z, y)).mul(factor.expandDims(-1)))
  })

  it('is finite, with gradient 0, where the label is ruled out', () => {
    const z = tensor([0, Number.NEGATIVE_INFINITY], { dtype: 'f64' })
    const y = tensor(1, { dtype: 'i32' })
    expect(values(generalizedJsLoss(z, y))[0]).toBeCloseTo(2, 14)
    expect(values(grad((x: Tensor) => generalizedJsLoss(x, y))(z)).map(Math.abs)).toEqual([0, 0])
  })
})

describeErrors('generalizedJsLoss', {
  'generalizedJsLoss: pi must be between 0 and 1, got 1.': () =>
    generalizedJsLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { pi: 1 }),
  'generalizedJsLoss: labels must be class indices from 0 to 1, got 3. The logits have 2 classes.': () =>
    generalizedJsLoss(tensor([1, 2]), tensor(3, { dtype: 'i32' })),
})
