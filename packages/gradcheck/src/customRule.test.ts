import { test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  checkpoint,
  customVjp,
  matmul,
  maximum,
  relu,
  softmax,
  softplus,
  type Tensor,
  tanh,
  tensor,
  useBackend,
} from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkCustomVjp, GradientCheckError, tensors } from './index.ts'

beforeAll(() => useBackend(cpu()))

const square = customVjp(
  (x: Tensor) => x.square(),
  (g, _, x) => [g.mul(x).mul(2)],
)

/** A rule for x · w where both may be of any shapes that multiply. */
const product = (factor: number) =>
  customVjp(
    ({ x, w }: { x: Tensor; w: Tensor }) => matmul(x, w),
    (g, _, { x, w }) => [{ x: matmul(g, w.transpose()), w: matmul(x.transpose(), g).mul(factor) }],
  )

function messageOf(check: () => unknown): string {
  try {
    check()
  } catch (error) {
    if (error instanceof GradientCheckError) return error.message
    throw error
  }
  throw new Error('the check has passed')
}

describe('checkCustomVjp', () => {
  test.prop([tensors([2, 3], { min: -1, max: 1 }), tensors([3, 2], { min: -1, max: 1 })])(
    'passes right rules among other lines',
    (x, w) => {
      const f = (a: Tensor, b: Tensor) =>
        softmax(square(product(1)({ x: tanh(a), w: b })).add(checkpoint(softplus)(a.slice([0, 0], [2, 2]))))
      const report = checkCustomVjp(f, [x, w])
      expect(report.rules).toBe(3)
      expect(report.gradients.order).toBe(2)
      expect(report.pullback.laws).toContain('symmetric')
    },
  )

  it('passes rules with several outputs', () => {
    const both = customVjp(
      (x: Tensor) => ({ sin: x.mul(2), cube: x.pow(3) }),
      (g, _, x) => [g.sin.mul(2).add(g.cube.mul(x.square()).mul(3))],
    )
    expect(checkCustomVjp((x: Tensor) => both(tanh(x)), [tensor([1, 2])]).rules).toBe(2)
  })

  it('says which rule is wrong, by which input', () => {
    const message = messageOf(() =>
      checkCustomVjp(
        (x: Tensor, w: Tensor) => tanh(product(3)({ x: square(x), w })),
        [tensor([[0.5, 2]]), tensor([[1], [2]])],
      ),
    )
    expect(message).toMatch(
      /^checkCustomVjp: rule 2 of 2 must have the derivative of its function, got \S+ instead of \S+\./,
    )
    expect(message).toMatch(/by input %\d+ \(f64 \[2, 1\]\)/)
    expect(message).toMatch(/> %\d+ = customVjp/)
  })

  it('finds a wrong rule whose error the rest of the function hides', () => {
    const wrong = customVjp(
      (x: Tensor) => x.square(),
      (g, _, x) => [g.mul(x).mul(3)],
    )
    expect(messageOf(() => checkCustomVjp((x: Tensor) => wrong(x).mul(0).add(x), [tensor([1, 2])]))).toContain(
      'rule 1 of 1',
    )
  })

  it('finds rules that are not linear, and rules of another dtype', () => {
    const squaring = customVjp(
      (x: Tensor) => x.mul(2),
      (g) => [g.mul(2).add(g.sub(1).mul(g).mul(1e-7))],
    )
    expect(messageOf(() => checkCustomVjp((x: Tensor) => squaring(x), [tensor([1, 2])]))).toMatch(
      /rule 1 of 1 must be linear in its cotangent, got \S+ for −3 u \+ w where u and w give/,
    )
    const narrow = customVjp(
      (x: Tensor) => x.mul(2),
      (g) => [g.mul(2).cast('f32')],
    )
    expect(messageOf(() => checkCustomVjp((x: Tensor) => narrow(x), [tensor([1, 2])]))).toContain(
      'must return gradients of the dtype of its inputs, f64 [2], got f32',
    )
  })

  it('accepts kinks where told to', () => {
    const positive = customVjp(
      (x: Tensor) => maximum(x, 0),
      (g, _, x) => [g.mul(x.greaterEqual(0).cast(x.dtype))],
    )
    const x = tensor([0, 1])
    expect(messageOf(() => checkCustomVjp((v: Tensor) => positive(v), [x]))).toContain('got a verdict of kink')
    expect(checkCustomVjp((v: Tensor) => positive(v), [x], { kinks: 'accept' }).gradients.kinks).toBeGreaterThan(0)
  })

  it('refuses a function without rules', () => {
    expect(() => checkCustomVjp((x: Tensor) => relu(x), [tensor([1])])).toThrow(
      'checkCustomVjp: f must use a function made by customVjp between its float arguments and its results, got none.',
    )
  })
})
