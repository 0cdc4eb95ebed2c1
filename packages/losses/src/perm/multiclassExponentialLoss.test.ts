import { test } from '@fast-check/vitest'
import { grad, oneHot, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { compSumLoss } from '../compSum/compSumLoss.ts'
import { multiclassExponentialLoss } from './multiclassExponentialLoss.ts'

const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })

describeLoss(multiclassExponentialLoss, {
  name: 'multiclassExponentialLoss',
  args: classified(tensors),
  // A wrong logit of 1e4 honestly costs e^20000.
  saturation: 40,
  laws: {
    'is at least 0': laws.bounded(multiclassExponentialLoss, { min: 0 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(multiclassExponentialLoss),
    'does not change when classes change places': laws.invariant(multiclassExponentialLoss, classesReversed),
    'is compSumLoss with τ = 0': (z, y) => {
      expectClose(multiclassExponentialLoss(z, y), compSumLoss(z, y, { tau: 0 }), 1e-11)
    },
  },
})

describe('multiclassExponentialLoss', () => {
  test.prop([classified(tensors)])('has the gradient e^(zⱼ − z_y), less L for the label', ([z, y]) => {
    const hit = hits(z, y)
    const label = sum(z.mul(hit), { axis: -1, keepDims: true })
    const others = z.sub(label).exp().mul(hit.neg().add(1))
    const expected = others.sub(hit.mul(multiclassExponentialLoss(z, y).expandDims(-1)))
    expectClose(grad((x: Tensor) => sum(multiclassExponentialLoss(x, y)))(z), expected)
  })

  it('overflows to infinity, not to NaN', () => {
    const y = tensor(0, { dtype: 'i32' })
    expect(values(multiclassExponentialLoss(tensor([0, 1e4]), y))).toEqual([Number.POSITIVE_INFINITY])
    expect(values(multiclassExponentialLoss(tensor([1e4, 0]), y))).toEqual([0])
  })
})

describeErrors('multiclassExponentialLoss', {
  'multiclassExponentialLoss: labels must be class indices from 0 to 1, got -1. The logits have 2 classes.': () =>
    multiclassExponentialLoss(tensor([1, 2]), tensor(-1, { dtype: 'i32' })),
  "multiclassExponentialLoss: logits must be f32 or f64, got i32 [2]. Cast it, e.g. logits.cast('f32').": () =>
    multiclassExponentialLoss(tensor([1, 2], { dtype: 'i32' }), tensor(1, { dtype: 'i32' })),
})
