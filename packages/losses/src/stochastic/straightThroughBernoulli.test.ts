import { fc, test } from '@fast-check/vitest'
import { grad, key, mean, sigmoid, sum, type Tensor, tensor, zeros } from '@wengert/core'
import { logits, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { binaryConcrete } from './binaryConcrete.ts'
import { straightThroughBernoulli } from './straightThroughBernoulli.ts'

const uniforms = fc
  .array(fc.integer({ min: 1, max: 1023 }), { minLength: 4, maxLength: 4 })
  .map((list) => tensor(list, { dtype: 'f64' }).div(1024))
const backwards = fc.constantFrom('probability', 'identity', 'hardTanh')

describe('straightThroughBernoulli', () => {
  test.prop([logits([4]), uniforms, backwards])(
    'is 1 where the draw is below σ(z), whatever the backward',
    (z, u, backward) => {
      const p = values(sigmoid(z))
      const wanted = values(u).map((v, i) => Number(v < (p[i] as number)))
      expect(values(straightThroughBernoulli(u, z, { backward }))).toEqual(wanted)
      expect(values(straightThroughBernoulli(u, z, { backward, encoding: 'pm1' }))).toEqual(
        wanted.map((b) => 2 * b - 1),
      )
    },
  )

  test.prop([tensors([4]), uniforms])('is the hard binaryConcrete of the mirrored draw', (z, u) => {
    // u < σ(z) is the same as z − log(u / (1 − u)) > 0.
    expectClose(straightThroughBernoulli(u, z), binaryConcrete(u.neg().add(1), z, { hard: true }), 0)
  })

  test.prop([tensors([4], { avoid: [-1, 1] }), uniforms])('has the gradients of its doc', (z, u) => {
    const p = sigmoid(z)
    const inside = z.abs().lessEqual(1).cast('f64')
    const wanted = { probability: p.mul(sigmoid(z.neg())), identity: z.mul(0).add(1), hardTanh: inside.div(2) }
    for (const [backward, slope] of Object.entries(wanted) as [keyof typeof wanted, Tensor][]) {
      const gradient = (encoding: '01' | 'pm1'): Tensor =>
        grad((x: Tensor) => sum(straightThroughBernoulli(u, x, { backward, encoding })))(z)
      expectClose(gradient('01'), slope)
      expectClose(gradient('pm1'), backward === 'identity' ? slope : slope.mul(2))
    }
  })

  it('gives the gradient of the expectation of a multilinear function without bias', () => {
    const z = tensor([0.5, -1], { dtype: 'f64' })
    const f = (b: Tensor): Tensor => {
      const [x, y] = [b.slice([0, 0], [b.shape[0] as number, 1]), b.slice([0, 1])]
      return x.mul(y).mul(3).add(x).sub(y.mul(2))
    }
    const many = zeros([40000, 2], { dtype: 'f64' })
    const estimate = grad((v: Tensor) => mean(f(straightThroughBernoulli(key(2), many.add(v)))))(z)
    // Bits are independent, so the expectation is f of the probabilities.
    const exact = grad((v: Tensor) => sum(f(sigmoid(v).expandDims(0))))(z)
    expectClose(estimate, exact, 0.01)
  })

  it('draws bits with probability σ(z)', () => {
    const z = tensor([-2, 0, 1])
    expectClose(mean(straightThroughBernoulli(key(5), zeros([20000, 3]).add(z)), { axis: 0 }), sigmoid(z), 0.015)
  })

  it('is exact, with gradient 0, where logits are saturated in f32', () => {
    const z = tensor([1e4, -1e4])
    expect(values(straightThroughBernoulli(key(0), z))).toEqual([1, 0])
    expect(values(grad((x: Tensor) => sum(straightThroughBernoulli(key(0), x)))(z))).toEqual([0, 0])
  })
})

describeErrors('straightThroughBernoulli', {
  'straightThroughBernoulli: backward must be one of probability, identity, hardTanh, got tanh.': () =>
    straightThroughBernoulli(key(0), tensor([1]), { backward: 'tanh' as 'identity' }),
  'straightThroughBernoulli: encoding must be one of 01, pm1, got 10.': () =>
    straightThroughBernoulli(key(0), tensor([1]), { encoding: '10' as '01' }),
  'straightThroughBernoulli: from must be a key or draws of shape [1], got [2].': () =>
    straightThroughBernoulli(tensor([0.5, 0.5]), tensor([1])),
})
