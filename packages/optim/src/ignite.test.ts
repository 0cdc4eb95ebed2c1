import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { grad, matmul, mean, norm, sum, type Tensor, tanh, tensor, useBackend } from '@wengert/core'
import { checkGradients, tensors } from '@wengert/gradcheck'
import { away, describeErrors, numbers } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type IgniteOptions, igniteGradients } from './index.ts'

beforeAll(() => useBackend(cpu()))

interface Params {
  readonly w: Tensor
  readonly v: Tensor
}

const cases = fc.record({ x: tensors([4, 3]), y: tensors([4]), w: tensors([3, 2]), v: tensors([2]) })

const network =
  (x: Tensor) =>
  (p: Params): Tensor =>
    matmul(tanh(matmul(x, p.w)), p.v.expandDims(-1)).squeeze(-1)
const lossOf = (x: Tensor, y: Tensor) => (p: Params) => mean(network(x)(p).sub(y).square())
const meanOf = (x: Tensor) => (p: Params) => mean(network(x)(p))
const modes = ['finiteDifference', 'exact'] as const

describe('igniteGradients', () => {
  test.prop([cases], { numRuns: 30 })('exact: is the gradient of the loss with the penalty', ({ x, y, w, v }) => {
    const p = { w, v }
    const predictMean = meanOf(x)
    const length = (p: Params): Tensor => {
      const { w, v } = grad(predictMean)(p)
      return sum(w.square()).add(sum(v.square())).sqrt()
    }
    fc.pre(length(p).item() > 1e-3)
    const penalized = (p: Params) => lossOf(x, y)(p).add(length(p).mul(0.7 * 0.3))
    const { grads, gradNorm } = igniteGradients(lossOf(x, y), predictMean, p, { lambda: 0.7, rho: 0.3, mode: 'exact' })
    expect(away(numbers(grads), numbers(grad(penalized)(p)))).toBeLessThan(1e-11)
    expect(gradNorm.item()).toBeCloseTo(length(p).item(), 12)
  })

  test.prop([cases], { numRuns: 30 })(
    'the finite difference comes near the exact form as r falls',
    ({ x, y, w, v }) => {
      const grads = (options: IgniteOptions) =>
        numbers(igniteGradients(lossOf(x, y), meanOf(x), { w, v }, { lambda: 1, rho: 1, ...options }).grads)
      fc.pre(igniteGradients(lossOf(x, y), meanOf(x), { w, v }).gradNorm.item() > 1e-2)
      const exact = grads({ mode: 'exact' })
      const [far, near] = [away(grads({ r: 1e-2 }), exact), away(grads({ r: 1e-4 }), exact)]
      // Of order r: a hundredth of the length leaves about a hundredth of the difference.
      expect(near).toBeLessThan(Math.max(far / 20, 1e-9))
    },
  )

  test.prop([cases, fc.constantFrom(...modes)], { numRuns: 30 })(
    'without weight, or for a model that is linear in its parameters, is the plain gradient',
    ({ x, y, w, v }, mode) => {
      const plain = numbers(grad(lossOf(x, y))({ w, v }))
      const off = igniteGradients(lossOf(x, y), meanOf(x), { w, v }, { lambda: 0, mode }).grads
      expect(away(numbers(off), plain)).toBe(0)
      const linear = (u: Tensor) => matmul(x, u).sub(y.expandDims(-1))
      const slope = (u: Tensor) => mean(linear(u).square())
      const start = w.slice([0, 0], [3, 1])
      const on = igniteGradients(slope, (u) => mean(linear(u)), start, { lambda: 5, rho: 1, mode }).grads
      expect(away(numbers(on), numbers(grad(slope)(start)))).toBeLessThan(1e-12)
    },
  )

  test.prop([cases, fc.constantFrom(...modes), fc.double({ min: -9, max: 9, noNaN: true })], { numRuns: 20 })(
    'does not see a constant added to predictions',
    ({ x, y, w, v }, mode, shift) => {
      const step = (predictMean: (p: Params) => Tensor) =>
        igniteGradients(lossOf(x, y), predictMean, { w, v }, { lambda: 1, mode })
      const [a, b] = [step(meanOf(x)), step((p) => meanOf(x)(p).add(shift))]
      expect(numbers([a.grads, a.lambda])).toEqual(numbers([b.grads, b.lambda]))
    },
  )

  test.prop([cases, fc.double({ min: 0, max: 1, noNaN: true })], { numRuns: 30 })(
    'the weight rises where predictions may change by more than epsilon',
    ({ x, y, w, v }, epsilon) => {
      const options = { lambda: 0.5, rho: 0.3, epsilon, etaLambda: 0.1 }
      const { gradNorm, lambda } = igniteGradients(lossOf(x, y), meanOf(x), { w, v }, options)
      fc.pre(Math.abs(0.3 * gradNorm.item() - epsilon) > 1e-9)
      expect(lambda.item() > 0.5).toBe(0.3 * gradNorm.item() > epsilon)
      expect(lambda.item()).toBeCloseTo(0.5 + 0.1 * (0.3 * gradNorm.item() - epsilon), 12)
      const held = igniteGradients(lossOf(x, y), meanOf(x), { w, v }, { ...options, etaLambda: 0 })
      expect(held.lambda.item()).toBe(0.5)
    },
  )

  it.each(modes)('where predictions do not depend on parameters is the plain gradient, %s', (mode) => {
    const p = tensor([1, 2], { dtype: 'f64' })
    const { grads, gradNorm, lambda } = igniteGradients(
      (p) => sum(p.square()),
      (p) => sum(p.mul(0)),
      p,
      { lambda: 0.5, mode, epsilon: 1, etaLambda: 1 },
    )
    expect(numbers([grads, gradNorm, lambda])).toEqual([2, 4, 0, -0.5])
    const clamped = igniteGradients(
      (p) => sum(p.square()),
      (p) => sum(p.mul(0)),
      p,
      { lambda: 0.5, epsilon: 1, etaLambda: 1, clamp: true },
    )
    expect(clamped.lambda.item()).toBe(0)
  })

  it('takes the weight that the step before has given, and keeps f32', () => {
    const step = (lambda: number | Tensor) =>
      igniteGradients(
        (p) => sum(p.pow(3)),
        (p) => norm(p.square()),
        tensor([1, 2]),
        { lambda, etaLambda: 0.1 },
      )
    const first = step(0.2)
    expect([first.grads, first.lambda, first.gradNorm].map(({ dtype }) => dtype)).toEqual(['f32', 'f32', 'f32'])
    expect(numbers(step(first.lambda).grads)).toEqual(numbers(step(first.lambda.item()).grads))
  })

  test.prop([cases], { numRuns: 5 })('has derivatives of its own', ({ x, y, w, v }) => {
    fc.pre(igniteGradients(lossOf(x, y), meanOf(x), { w, v }).gradNorm.item() > 0.1)
    for (const mode of modes)
      checkGradients(
        (w: Tensor) =>
          sum(igniteGradients(lossOf(x, y), meanOf(x), { w, v }, { lambda: 1, rho: 1, mode }).grads.w.square()),
        [w],
      )
  })
})

const call = (options: IgniteOptions) => () =>
  igniteGradients(
    (p) => sum(p),
    (p) => sum(p),
    tensor([1]),
    options,
  )
describeErrors('igniteGradients', {
  'igniteGradients: rho must be finite and at least 0, got -1.': call({ rho: -1 }),
  'igniteGradients: r must be positive and finite, got 0.': call({ r: 0 }),
  'igniteGradients: etaLambda must be finite and at least 0, got -1.': call({ etaLambda: -1 }),
  'igniteGradients: epsilon must be finite and at least 0, got NaN.': call({ epsilon: Number.NaN }),
  'igniteGradients: mode must be one of finiteDifference, exact, got fast.': call({ mode: 'fast' as 'exact' }),
})
