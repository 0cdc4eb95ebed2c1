import { fc, test } from '@fast-check/vitest'
import { grad, key, mean, sigmoid, sum, type Tensor, tensor, zeros } from '@wengert/core'
import { checkGradients, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { binaryConcrete } from './binaryConcrete.ts'
import { gumbelSoftmax } from './gumbelSoftmax.ts'

const uniforms = fc
  .array(fc.integer({ min: 1, max: 1023 }), { minLength: 4, maxLength: 4 })
  .map((list) => tensor(list, { dtype: 'f64' }).div(1024))
const temperatures = fc.integer({ min: 1, max: 16 }).map((n) => n / 4)
const moderate = tensors([4])

describe('binaryConcrete', () => {
  test.prop([logits([4]), uniforms, temperatures])('lies between the values of its encoding', (z, u, temperature) => {
    laws.bounded((x: Tensor) => binaryConcrete(u, x, { temperature }), { min: 0, max: 1 })(z)
    laws.bounded((x: Tensor) => binaryConcrete(u, x, { temperature, encoding: 'pm1' }), { min: -1, max: 1 })(z)
  })

  test.prop([logits([4]), uniforms, temperatures, fc.boolean()])(
    'has values 2x − 1 in the encoding pm1',
    (z, u, temperature, hard) => {
      const x = binaryConcrete(u, z, { temperature, hard })
      expectClose(binaryConcrete(u, z, { temperature, hard, encoding: 'pm1' }), x.mul(2).sub(1))
    },
  )

  test.prop([moderate, uniforms, temperatures])(
    'is gumbelSoftmax of two classes, with log u − log(1 − u) as the noise',
    (z, u, temperature) => {
      const noise = u.div(u.neg().add(1)).log()
      const two = (x: Tensor): Tensor => x.expandDims(-1).mul(tensor([0, 1], { dtype: 'f64' }))
      const second = gumbelSoftmax(two(noise), two(z), { temperature }).slice([0, 1]).squeeze(-1)
      expectClose(binaryConcrete(u, z, { temperature }), second)
    },
  )

  test.prop([moderate, uniforms])('mirrors bits where logits and draws do', (z, u) => {
    expectClose(binaryConcrete(u.neg().add(1), z.neg()), binaryConcrete(u, z).neg().add(1))
  })

  test.prop([moderate, uniforms, temperatures, fc.constantFrom('01', 'pm1')])(
    'has the gradient of its doc, hard or not',
    (z, u, temperature, encoding) => {
      const x = binaryConcrete(u, z, { temperature, encoding })
      const wanted =
        encoding === '01'
          ? x.mul(x.neg().add(1)).div(temperature)
          : x
              .square()
              .neg()
              .add(1)
              .div(2 * temperature)
      for (const hard of [false, true])
        expectClose(grad((v: Tensor) => sum(binaryConcrete(u, v, { temperature, encoding, hard })))(z), wanted, 1e-11)
    },
  )

  test.prop([moderate, uniforms], runs(0.25))('can be differentiated twice', (z, u) => {
    checkGradients((x: Tensor) => binaryConcrete(u, x), [z])
  })

  it('draws bits with probability σ(z)', () => {
    const z = tensor([-2, 0, 1])
    const bits = binaryConcrete(key(5), zeros([20000, 3]).add(z), { hard: true })
    expectClose(mean(bits, { axis: 0 }), sigmoid(z), 0.015)
  })

  it('is finite, and so is its gradient, at ±1e4 and for many draws in f32', () => {
    const z = zeros([5000, 3]).add(tensor([1e4, -1e4, 0]))
    const g = grad((x: Tensor) => sum(binaryConcrete(key(0), x, { temperature: 0.1 })))(z)
    expect([...values(binaryConcrete(key(0), z)), ...values(g)].every(Number.isFinite)).toBe(true)
  })
})

describeErrors('binaryConcrete', {
  'binaryConcrete: temperature must be greater than 0, got NaN.': () =>
    binaryConcrete(key(0), tensor([1]), { temperature: Number.NaN }),
  'binaryConcrete: encoding must be one of 01, pm1, got 10.': () =>
    binaryConcrete(key(0), tensor([1]), { encoding: '10' as '01' }),
  "binaryConcrete: logits must be f32 or f64, got i32 [1]. Cast it, e.g. logits.cast('f32').": () =>
    binaryConcrete(key(0), tensor([1], { dtype: 'i32' })),
})
