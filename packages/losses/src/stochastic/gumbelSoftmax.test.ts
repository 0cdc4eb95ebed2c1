import { fc, test } from '@fast-check/vitest'
import { argMax, grad, gumbel, key, mean, oneHot, softmax, sum, type Tensor, tensor, zeros } from '@wengert/core'
import { checkGradients, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { gumbelSoftmax } from './gumbelSoftmax.ts'

const pairs = fc.integer({ min: 1, max: 5 }).chain((K) => fc.tuple(logits([3, K]), tensors([3, K])))
const moderate = fc
  .integer({ min: 1, max: 5 })
  .chain((K) => fc.tuple(tensors([3, K]), tensors([3, K], { distinct: true })))
const temperatures = fc.integer({ min: 1, max: 16 }).map((n) => n / 4)

describe('gumbelSoftmax', () => {
  test.prop([pairs, temperatures])(
    'gives probabilities, and one-hot rows of the greatest if hard',
    ([z, noise], temperature) => {
      const soft = gumbelSoftmax(noise, z, { temperature })
      laws.bounded(() => soft, { min: 0, max: 1 })()
      expectClose(sum(soft, { axis: -1 }), 1)
      const hard = gumbelSoftmax(noise, z, { temperature, hard: true })
      expectClose(hard, oneHot(argMax(z.add(noise)), z.shape[1] as number, { dtype: 'f64' }), 0)
    },
  )

  test.prop([moderate, temperatures])('has the same gradient if hard', ([z, noise], temperature) => {
    const weights = noise.square()
    const gradient = (hard: boolean): Tensor =>
      grad((x: Tensor) => sum(gumbelSoftmax(noise, x, { temperature, hard }).mul(weights)))(z)
    expectClose(gradient(true), gradient(false), 0)
  })

  test.prop([moderate], runs(0.25))('can be differentiated twice', ([z, noise]) => {
    checkGradients((x: Tensor) => gumbelSoftmax(noise, x), [z])
  })

  test.prop([moderate])('tends to the hard sample as the temperature tends to 0', ([z, noise]) => {
    fc.pre(new Set(values(z.add(noise))).size === values(z).length)
    laws.tendsTo(
      (temperature) => (x: Tensor) => gumbelSoftmax(noise, x, { temperature }),
      (x: Tensor) => gumbelSoftmax(noise, x, { hard: true }),
      {
        // The numbers lie on a grid of 1/1024.
        along: [1e-2, 1e-5],
        tolerance: 1e-9,
      },
    )(z)
  })

  test.prop([pairs])('does not change when all logits of an example are shifted', ([z, noise]) => {
    laws.shiftInvariant((x: Tensor) => gumbelSoftmax(noise, x), { tolerance: 1e-11 })(z)
  })

  it('draws from the key what core draws, in the dtype of the logits', () => {
    for (const dtype of ['f32', 'f64'] as const) {
      const z = tensor([[0, 1, 2]], { dtype })
      const noise = gumbel(key(3), [1, 3], { dtype })
      expect(gumbelSoftmax(key(3), z).dtype).toBe(dtype)
      expectClose(gumbelSoftmax(key(3), z), gumbelSoftmax(noise, z), 0)
    }
  })

  it('draws each class with its probability', () => {
    const z = tensor([0, 1, 2, -1])
    const samples = gumbelSoftmax(key(1), zeros([20000, 4]).add(z), { hard: true })
    expectClose(mean(samples, { axis: 0 }), softmax(z), 0.015)
  })

  it('is finite, and so is its gradient, at ±1e4 in f32', () => {
    const z = tensor([1e4, -1e4, 1e4])
    const g = grad((x: Tensor) => sum(gumbelSoftmax(key(0), x, { temperature: 0.1 }).mul(tensor([1, 2, 3]))))(z)
    expect([...values(gumbelSoftmax(key(0), z)), ...values(g)].every(Number.isFinite)).toBe(true)
  })
})

describeErrors('gumbelSoftmax', {
  'gumbelSoftmax: temperature must be greater than 0, got 0.': () =>
    gumbelSoftmax(key(0), tensor([1, 2]), { temperature: 0 }),
  'gumbelSoftmax: from must be a key or draws of shape [2], got [3].': () =>
    gumbelSoftmax(tensor([1, 2, 3]), tensor([1, 2])),
})
