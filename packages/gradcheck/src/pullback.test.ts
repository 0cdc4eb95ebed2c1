import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  customVjp,
  logSumExp,
  matmul,
  relu,
  softmax,
  stopGradient,
  sum,
  type Tensor,
  tanh,
  tensor,
  useBackend,
} from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients, checkPullback, shapes, tensors } from './index.ts'

beforeAll(() => useBackend(cpu()))

/** x² with a rule of one's own. */
const squareBy = (rule: (g: Tensor, x: Tensor) => Tensor | null) =>
  customVjp(
    (x: Tensor) => x.square(),
    (g, _, x) => [rule(g, x)],
  )

describe('checkPullback', () => {
  test.prop([shapes({ minSize: 0 }).chain((shape) => tensors(shape)), fc.nat()])(
    'passes derivatives of any shape, also at kinks',
    (x, seed) => {
      const f = ({ v }: { v: Tensor }, w: Tensor) => [
        tanh(v).mul(w),
        { b: relu(v), labels: v.greater(0) },
        sum(v.mul(v)),
      ]
      const report = checkPullback(f, [{ v: x }, tensor(2)], { seed })
      expect(report.worst).toBeLessThanOrEqual(1)
      expect(report.laws).toEqual(['deterministic', 'typed', 'zero', 'additive', 'homogeneous', 'adjoint', 'symmetric'])
    },
  )

  test.prop([tensors([3, 2], { min: -1, max: 1 }), tensors([2, 4], { min: -1, max: 1 })])(
    'passes to nearly all digits',
    (a, b) => {
      expect(
        checkPullback((x: Tensor, y: Tensor) => softmax(matmul(x, y)), [a, b], { tolerance: 1e-11 }).worst,
      ).toBeLessThan(1)
    },
  )

  const x = tensor([1, -2, 3])

  it.each<[string, (x: Tensor) => unknown, string]>([
    ['a rule that squares', squareBy((g, v) => g.square().mul(v)), 'must be additive, P(u + w) = P(u) + P(w), got'],
    ['a rule that takes absolute values', squareBy((g, v) => g.abs().mul(v)), 'the pullback must be '],
    ['a rule that adds', squareBy((g, v) => g.add(1e-6).mul(v)), 'must map 0 to 0, got 0.000001 at argument 0 [0].'],
    ['a rule that is infinite', squareBy((g, v) => g.mul(v.div(0))), 'must map 0 to 0, got NaN at argument 0 [0].'],
    [
      'a rule that does not let its cotangent be differentiated',
      squareBy((g, v) => stopGradient(g).mul(v)),
      '⟨u, J v⟩ must equal ⟨P(u), v⟩, got 0 and',
    ],
    [
      'a rule of another dtype',
      squareBy((g, v) => g.mul(v).cast('f64')),
      'the gradient must be f32 [3] like argument 0, got f64 [3].',
    ],
    ['chance', (v) => v.mul(Math.random()), 'f must be deterministic, got'],
    ['chance in the rule', squareBy((g, v) => g.mul(v).mul(Math.random())), 'in the gradient.'],
  ])('finds %s', (_, f, message) => {
    expect(() => checkPullback(f, [x])).toThrow(message)
  })

  it('finds a gradient that is the gradient of nothing', () => {
    const curl = customVjp(
      (v: Tensor) => logSumExp(v),
      (g, _, v) => [g.mul(v.mul(tensor([1, 2, 3], { dtype: v.dtype })).mul(v.slice([0], [1])))],
    )
    expect(() => checkPullback(curl, [x])).toThrow('the second derivative must be symmetric, ⟨w, H v⟩ = ⟨v, H w⟩, got')
  })

  it('passes arguments without effect, whose gradient is 0 of their shape and dtype', () => {
    const labels = tensor([1, 0], { dtype: 'i32' })
    const rule = customVjp(
      (a: Tensor, _: Tensor) => a.square(),
      (g, _, a) => [g.mul(a).mul(2), null],
    )
    for (const f of [(a: Tensor) => a.square(), (a: Tensor, b: Tensor) => rule(a, b)]) {
      checkPullback(f as (...args: Tensor[]) => Tensor, [x, tensor([[1], [2]]), labels])
      expect(checkGradients(f as (...args: Tensor[]) => Tensor, [x, tensor([[1], [2]]), labels]).inputs).toBe(5)
    }
  })

  it('refuses arguments and results without floats', () => {
    expect(() => checkPullback((v: Tensor) => v, [tensor([1], { dtype: 'i32' })])).toThrow(
      'args must hold an f32 or f64 tensor',
    )
    expect(() => checkPullback((v: Tensor) => v.less(1), [x])).toThrow('f must return an f32 or f64 tensor')
  })
})
