import { fc, test } from '@fast-check/vitest'
import { grad, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { taylorSoftmax } from './taylorSoftmax.ts'

const sizes = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 5 }))
const any = sizes.chain(logits)
const moderate = sizes.chain((shape) => tensors(shape))

describe('taylorSoftmax', () => {
  test.prop([any])('gives probabilities, one row from one row', (x) => {
    expectClose(sum(taylorSoftmax(x), { axis: -1 }), 1)
    laws.bounded((z: Tensor) => taylorSoftmax(z), { min: 0, max: 1 })(x)
    laws.exampleWise((z: Tensor) => taylorSoftmax(z))(x)
    laws.permutationEquivariant((z: Tensor) => taylorSoftmax(z), { axis: -1 })(x)
  })

  test.prop([moderate])('mirrors logits at −1', (x) => {
    laws.invariant(
      (z: Tensor) => taylorSoftmax(z),
      (z) => [z.neg().sub(2)],
    )(x)
  })

  test.prop([moderate])('is the formula, and works along any axis', (x) => {
    const weights = x.square().mul(0.5).add(x).add(1)
    expectClose(taylorSoftmax(x), weights.div(sum(weights, { axis: -1, keepDims: true })))
    expectClose(taylorSoftmax(x.transpose(), { axis: 0 }), taylorSoftmax(x).transpose(), 0)
  })

  test.prop([moderate])('is softmax up to terms of third order', (x) => {
    for (const h of [1e-2, 1e-3, 1e-4]) {
      const z = x.mul(h)
      expectClose(taylorSoftmax(z), softmax(z), 3 * (3 * h) ** 3)
    }
  })

  test.prop([moderate], runs(0.25))('has derivatives that agree with differences, up to order 2', (x) => {
    checkGradients((z: Tensor) => taylorSoftmax(z), [x], { order: 2 })
  })

  it('is finite, and so is its gradient, at ±10⁴ and −1 in f32', () => {
    const x = tensor([1e4, -1e4, 0, -1])
    const slopes = grad((z: Tensor) => sum(taylorSoftmax(z).mul(tensor([1, 2, 3, 4]))))(x)
    for (const y of [taylorSoftmax(x), slopes]) expect(values(y).every(Number.isFinite)).toBe(true)
    expect(values(taylorSoftmax(x)).every((p) => p > 0)).toBe(true)
  })
})

describeErrors('taylorSoftmax', {
  "taylorSoftmax: x must be f32 or f64, got i32 [2]. Cast it, e.g. x.cast('f32').": () =>
    taylorSoftmax(tensor([1, 2], { dtype: 'i32' })),
})
