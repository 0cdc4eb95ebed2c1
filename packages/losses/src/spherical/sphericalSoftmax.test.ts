import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { sphericalSoftmax } from './sphericalSoftmax.ts'

const sizes = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 5 }))
const any = sizes.chain(logits)
const moderate = sizes.chain((shape) => tensors(shape))
const floors = fc.integer({ min: -20, max: 4 }).map((n) => 2 ** n)

describe('sphericalSoftmax', () => {
  test.prop([any])('gives probabilities, one row from one row', (x) => {
    expectClose(sum(sphericalSoftmax(x), { axis: -1 }), 1)
    laws.bounded((z: Tensor) => sphericalSoftmax(z), { min: 0, max: 1 })(x)
    laws.exampleWise((z: Tensor) => sphericalSoftmax(z))(x)
  })

  test.prop([any])('keeps the order of the sizes of logits and does not see their signs', (x) => {
    laws.permutationEquivariant((z: Tensor) => sphericalSoftmax(z), { axis: -1 })(x)
    laws.invariant(
      (z: Tensor) => sphericalSoftmax(z),
      (z) => [z.neg()],
      { tolerance: 0 },
    )(x)
    const [sizes, probs] = [values(x.abs()), values(sphericalSoftmax(x))]
    const K = x.shape[1] as number
    sizes.forEach((size, i) => {
      for (let j = i - (i % K); j < i; j++)
        if (size > (sizes[j] as number)) expect(probs[i] as number).toBeGreaterThanOrEqual(probs[j] as number)
    })
  })

  test.prop([moderate, floors, fc.integer({ min: -6, max: 6 }).map((n) => 2 ** n)])(
    'does not change where logits are scaled and eps with their squares',
    (x, eps, c) => {
      expectClose(sphericalSoftmax(x.mul(c), { eps: eps * c * c }), sphericalSoftmax(x, { eps }))
    },
  )

  test.prop([moderate, floors])('is the formula, and works along any axis', (x, eps) => {
    const K = x.shape[1] as number
    const z = values(x)
    const rows = z.map((v, i) => {
      const row = z.slice(i - (i % K), i - (i % K) + K)
      return (v * v + eps) / row.reduce((total, w) => total + w * w + eps, 0)
    })
    expectClose(sphericalSoftmax(x, { eps }), tensor(new Float64Array(rows), { shape: x.shape }))
    expectClose(sphericalSoftmax(x.transpose(), { eps, axis: 0 }), sphericalSoftmax(x, { eps }).transpose(), 0)
  })

  test.prop([moderate], runs(0.25))('has derivatives that agree with differences, up to order 2', (x) => {
    checkGradients((z: Tensor) => sphericalSoftmax(z, { eps: 0.25 }), [x], { order: 2 })
  })

  it('is finite, and so is its gradient, at ±10⁴ and 0 in f32', () => {
    const x = tensor([1e4, -1e4, 0, 1])
    const slopes = grad((z: Tensor) => sum(sphericalSoftmax(z).mul(tensor([1, 2, 3, 4]))))(x)
    for (const y of [sphericalSoftmax(x), slopes]) expect(values(y).every(Number.isFinite)).toBe(true)
  })
})

describeErrors('sphericalSoftmax', {
  'sphericalSoftmax: eps must be a finite number greater than 0, got 0.': () =>
    sphericalSoftmax(tensor([1, 2]), { eps: 0 }),
  "sphericalSoftmax: x must be f32 or f64, got i32 [2]. Cast it, e.g. x.cast('f32').": () =>
    sphericalSoftmax(tensor([1, 2], { dtype: 'i32' })),
})
