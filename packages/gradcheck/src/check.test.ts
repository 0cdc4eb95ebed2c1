import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  customVjp,
  expm1,
  fold,
  key,
  logSoftmax,
  logSumExp,
  matmul,
  relu,
  stopGradient,
  type Tensor,
  tanh,
  tensor,
  uniform,
  useBackend,
} from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients, GradientCheckError, shapes, tensors } from './index.ts'

beforeAll(() => useBackend(cpu()))

/** x² with a derivative multiplied by `factor`. */
const squareTimes = (factor: number) =>
  customVjp(
    (x: Tensor) => x.square(),
    (g, _, x) => [g.mul(x).mul(2 * factor)],
  )

describe('checkGradients', () => {
  test.prop([shapes().chain((shape) => tensors(shape))])('passes right derivatives of any shape', (x) => {
    const report = checkGradients((v: Tensor) => [tanh(v), { twice: v.square() }], [x])
    expect(report.order).toBe(2)
    expect(report.worst).toBeLessThanOrEqual(1)
  })

  test.prop([tensors([3], { avoid: [0] }), fc.double({ min: 1e-4, max: 1, noNaN: true }), fc.boolean()])(
    'fails a derivative that is wrong by a factor, however little',
    (x, error, larger) => {
      expect(() => checkGradients(squareTimes(larger ? 1 + error : 1 - error), [x])).toThrow(GradientCheckError)
    },
  )

  it('says which element, both values, both Jacobians and how to replay', () => {
    const wrong = customVjp(
      (x: Tensor) => x.square(),
      (g, _, x) => [g.mul(x).mul(tensor([2, 2, 3]))],
    )
    let message = ''
    try {
      checkGradients((p: { w: Tensor }) => wrong(p.w), [{ w: tensor([1, 2, 3]) }], { seed: 5 })
    } catch (error) {
      message = String(error)
    }
    expect(message).toMatch(/^GradientCheckError: checkGradients: the derivative of order 1 must equal the slope/)
    expect(message).toContain('at argument 0.w [2]')
    expect(message).toContain('quotient            1.5')
    expect(message).toMatch(/Jacobian by the gradient.*\n {4}2 {2}0 {2}0\n {4}0 {2}4 {2}0\n {4}0 {2}0 {2}9/)
    expect(message).toContain('Replay with { order: 1, tolerance: 0.000001, seed: 5 }.')
  })

  it('finds a rule whose first order is right and whose second is not', () => {
    const deaf = customVjp(
      (x: Tensor) => x,
      () => [null],
    )
    const blind = customVjp(
      (x: Tensor) => x.square(),
      (g, _, x) => [g.mul(deaf(x)).mul(2)],
    )
    const x = tensor([1, 2])
    expect(checkGradients(squareTimes(1), [x]).order).toBe(2)
    expect(() => checkGradients((v: Tensor) => blind(v).mul(1), [x], { order: 1 })).not.toThrow()
    expect(() => checkGradients(blind, [x])).toThrow('the derivative of order 2')
  })

  it('sees a single wrong entry among many inputs, and names it', () => {
    const n = 400
    const mask = tensor(Float64Array.from({ length: n }, (_, i) => (i === 123 ? 3 : 2)))
    const wrong = customVjp(
      (x: Tensor) => x.square(),
      (g, _, x) => [g.mul(x).mul(mask)],
    )
    const x = uniform(key(1), [n], { low: 1, high: 2, dtype: 'f64' })
    expect(() => checkGradients(wrong, [x])).toThrow(/at argument 0 \[123\]\.[\s\S]*quotient +1\.5/)
    expect(() => checkGradients((v: Tensor) => v.square(), [x])).not.toThrow()
  })

  it('fails NaN gradients and kinks', () => {
    const nan = customVjp(
      (x: Tensor) => x.square(),
      (g) => [g.mul(Number.NaN)],
    )
    expect(() => checkGradients(nan, [tensor([1])])).toThrow(GradientCheckError)
    expect(() => checkGradients((x: Tensor) => relu(x), [tensor([0])])).toThrow(GradientCheckError)
    expect(() => checkGradients((x: Tensor) => relu(x), [tensor([1e-3, -1e-3])])).not.toThrow()
  })

  it('checks slopes far below and far above 1', () => {
    for (const size of [1e-9, 1e-6, 1e6, 1e12]) {
      const x = tensor([1.5, -0.5], { dtype: 'f64' })
      checkGradients((v: Tensor) => tanh(v).mul(size), [x])
      expect(() => checkGradients((v: Tensor) => squareTimes(1.01)(v).mul(size), [x])).toThrow(GradientCheckError)
    }
  })

  it('does not leap over what happens within a short way of a large input', () => {
    const x = tensor([10000, 10000], { dtype: 'f64' })
    checkGradients((v: Tensor) => expm1(logSoftmax(v).mul(1 / 3)), [x])
    const deaf = customVjp(
      (v: Tensor) => logSoftmax(v),
      () => [null],
    )
    expect(() => checkGradients(deaf, [x])).toThrow(GradientCheckError)
  })

  it('holds fixed what stands behind stopGradient', () => {
    checkGradients((x: Tensor) => x.mul(stopGradient(x.exp())), [tensor([0.5, 2])])
  })

  it('hands other dtypes through and checks all float arguments', () => {
    const labels = tensor([1, 0], { dtype: 'i32' })
    const f = (w: Tensor, n: Tensor, x: Tensor) => logSumExp(matmul(x, w).mul(n.cast('f32').expandDims(1)), { axis: 1 })
    expect(checkGradients(f, [uniform(key(1), [3, 2]), labels, uniform(fold(key(1), 1), [2, 3])]).inputs).toBe(12)
  })

  it('refuses arguments and results without floats', () => {
    expect(() => checkGradients((x: Tensor) => x, [tensor([1], { dtype: 'i32' })])).toThrow(
      'checkGradients: args must hold an f32 or f64 tensor to differentiate by, got none.',
    )
    expect(() => checkGradients((x: Tensor) => x.less(1), [tensor([1])])).toThrow('f must return an f32 or f64 tensor')
  })
})
