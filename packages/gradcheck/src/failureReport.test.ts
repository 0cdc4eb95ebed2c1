import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  customVjp,
  key,
  matmul,
  normal,
  relu,
  softmax,
  sum,
  type Tensor,
  tanh,
  tensor,
  useBackend,
} from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type CheckOptions,
  checkGradients,
  type FailureReport,
  GradientCheckError,
  tensors,
  ulpDistance,
} from './index.ts'

beforeAll(() => useBackend(cpu()))

/** x² with a derivative multiplied by a factor. */
const squareTimes = (factor: number) =>
  customVjp(
    (x: Tensor) => x.square(),
    (g, _, x) => [g.mul(x).mul(2 * factor)],
  )

function errorOf<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  options: CheckOptions = {},
): GradientCheckError & { readonly report: FailureReport } {
  try {
    checkGradients(f, args, options)
  } catch (error) {
    if (error instanceof GradientCheckError && error.report) return error as never
    throw error
  }
  throw new Error('the check has passed')
}

describe('the report of a failed check', () => {
  it('says where, what, and by how much', () => {
    const wrong = customVjp(
      (x: Tensor) => x.square(),
      (g, _, x) => [g.mul(x).mul(tensor([[2, 2, 3]]))],
    )
    const { report, message, verdict } = errorOf((p: { w: Tensor }) => wrong(p.w), [{ w: tensor([[1, 2, 3]]) }], {
      seed: 5,
      kinks: 'accept',
    })
    expect(report).toMatchObject({
      order: 1,
      verdict: 'wrong',
      element: { path: [0, 'w'], index: [0, 2] },
      culprit: { op: 'customVjp', ownRule: true, dtype: 'f64', shape: [1, 3] },
      options: { order: 1, tolerance: 1e-6, seed: 5, directions: 4, kinks: 'accept' },
    })
    expect(report.analytic / report.numeric).toBeCloseTo(1.5, 6)
    expect(report.left).toBeCloseTo(report.right, 6)
    expect(report.ratio).toBeGreaterThan(1e5)
    expect(report.ulps.f64).toBe(ulpDistance(report.analytic, report.numeric))
    expect(report.ulps.f32).toBe(ulpDistance(report.analytic, report.numeric, { dtype: 'f32' }))
    expect(report.jacobian?.analytic).toEqual([
      [2, 0, 0],
      [0, 4, 0],
      [0, 0, 9],
    ])
    expect(report.jacobian?.difference.flat().map((d) => d > 1)).toEqual([...new Array(8).fill(false), true])
    expect(message).toContain(`> ${report.culprit?.text}`)
    expect(message).toMatch(/steps between {7}\d+ in f64, \d+ in f32/)
    expect(message).toContain("Replay with { order: 1, tolerance: 0.000001, seed: 5, kinks: 'accept' }.")
    expect(verdict).toBe('wrong')
  })

  test.prop([tensors([2], { avoid: [0] }), fc.constantFrom(1.5, -1, 0, Number.NaN, Number.POSITIVE_INFINITY)])(
    'is the same after JSON, but for numbers that JSON cannot write, which are strings',
    (x, factor) => {
      const { report } = errorOf(squareTimes(factor), [x])
      const text = JSON.stringify(report)
      const read = (value: unknown): unknown => {
        if (Array.isArray(value)) return value.map(read)
        if (typeof value === 'object' && value !== null)
          return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, read(entry)]))
        return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value
      }
      // JSON has one zero.
      const unsigned = (value: unknown): unknown => JSON.parse(JSON.stringify({ value }))
      expect(unsigned(read(JSON.parse(text)))).toEqual(unsigned({ ...report }))
      expect((JSON.parse(text) as { analytic: unknown }).analytic).toEqual(
        Number.isFinite(factor) ? expect.any(Number) : expect.stringMatching(/NaN|Infinity/),
      )
      expect(text).not.toContain('null,null')
    },
  )

  it('gives one-sided slopes at a kink, and no line at fault', () => {
    const { report } = errorOf((x: Tensor) => sum(relu(x)), [tensor([0, 1])])
    expect(report.verdict).toBe('kink')
    expect(Math.min(Math.abs(report.left), Math.abs(report.right))).toBe(0)
    expect(report.culprit).toBe(null)
  })

  it('holds the Jacobian of the gradient where that is what is wrong', () => {
    const deaf = customVjp(
      (x: Tensor) => x,
      () => [null],
    )
    const blind = customVjp(
      (x: Tensor) => x.square(),
      (g, _, x) => [g.mul(deaf(x)).mul(2)],
    )
    const { report, message } = errorOf((x: Tensor) => sum(blind(x)), [tensor([1, 2])])
    expect(report.order).toBe(2)
    expect(report.jacobian?.outputs).toEqual([{ name: 'gradient by argument 0', shape: [2] }])
    expect(report.jacobian?.analytic).toEqual([
      [0, 0],
      [0, 0],
    ])
    const [[a = 0] = []] = report.jacobian?.numeric ?? []
    expect(Math.abs(a)).toBeGreaterThan(0.9)
    expect(message).toContain('derivative of order 2')
  })

  it('has no element along a random direction, and no Jacobian of great size', () => {
    const x = normal(key(1), [200], { dtype: 'f64' })
    const { report } = errorOf((v: Tensor) => [squareTimes(1.5)(v)], [x])
    expect(report.jacobian).toBe(null)
    expect(report.element === null || report.element.index.length === 1).toBe(true)
  })
})

describe('the message of a failed check', () => {
  const rowwise = customVjp(
    (x: Tensor) => softmax(x),
    (g, y) => [g.sub(sum(g.mul(y))).mul(y)],
  )
  const layer = (w: Tensor, x: Tensor): Tensor => rowwise(tanh(matmul(x, w)))
  const args = [normal(key(1), [3, 4], { dtype: 'f64' }), normal(key(2), [2, 3], { dtype: 'f64' })] as const

  it('draws a Jacobian that is too large to print', () => {
    const { message } = errorOf(layer, [...args] as [Tensor, Tensor])
    expect(message).not.toContain('Jacobian by differences:')
    expect(message).toContain('How far the Jacobians differ, in units of what is accepted')
    expect(message).toMatch(/\n {4}output \[1, 3\] │[·░▒▓█]{12}│[·░▒▓█]{6}│\n/)
    // An example's own input moves nothing of another example, whatever the rule thinks.
    expect(message).toMatch(/output \[0, 0\] │.{12}│···[░▒▓█]{3}│/)
  })

  it('prints a Jacobian of few entries', () => {
    const { message } = errorOf((x: Tensor) => rowwise(x), [tensor([[1], [2]])])
    expect(message).toMatch(/Jacobian by differences:\n {4}0 {2}0\n {4}0 {2}0\n/)
    expect(message).not.toContain('│')
  })
})
