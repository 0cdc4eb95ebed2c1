import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  customVjp,
  logSumExp,
  maximum,
  softmax,
  stopGradient,
  sum,
  type Tensor,
  take,
  tensor,
  useBackend,
} from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients, gradientChecker, tensors } from './index.ts'
import { randomNumbers } from './random.ts'
import { compareSlopes, pointsTried, type Several } from './slopes.ts'

beforeAll(() => useBackend(cpu()))

describe('gradientChecker', () => {
  const f = ({ w }: { w: Tensor }, x: Tensor) => [logSumExp(w.mul(x)), softmax(x)]
  const check = gradientChecker(f, [{ w: tensor([1, 2, 3], { dtype: 'f64' }) }, tensor([1, 0, 1], { dtype: 'f64' })])

  test.prop([tensors([3]), tensors([3])])('does what checkGradients does', (w, x) => {
    expect(check([{ w }, x])).toEqual(checkGradients(f, [{ w }, x]))
  })

  test.prop([fc.constantFrom(1, 5, 64, 65), fc.integer()])('finds the same from several points at once', (n, seed) => {
    const random = randomNumbers(seed)
    const value = (x: Float64Array): number => x.reduce((total, v, i) => total + Math.sin((i + 1) * v), 0)
    const gradient = (x: Float64Array): Float64Array => x.map((v, i) => (i + 1) * Math.cos((i + 1) * v))
    const points = new Float64Array(n * pointsTried(n, 3))
    let calls = 0
    const values = (): Float64Array => {
      calls++
      return Float64Array.from({ length: points.length / n }, (_, row) => value(points.slice(row * n, (row + 1) * n)))
    }
    const x = Float64Array.from({ length: n }, random)
    const compare = (several: Several | null) => {
      const options = { tolerance: 1e-6, directions: 3, random: randomNumbers(seed), kinks: 'reject' } as const
      return compareSlopes({ value, gradient, several }, x, options)
    }
    expect(compare({ points, values })).toEqual(compare(null))
    expect(calls).toBe(1)
  })

  /** log with a rule that forgets where the argument is clipped. */
  const careless = customVjp(
    (x: Tensor) => maximum(x, 0.1).log(),
    (g, _, x) => [g.div(x)],
  )

  it('finds what is wrong for other arguments than it was made for, with the same message', () => {
    const checked = gradientChecker(careless, [tensor([0.5, 2])])
    expect(checked([tensor([0.3, 5])]).order).toBe(2)
    const message = (run: () => unknown): string => {
      try {
        run()
      } catch (error) {
        return String(error)
      }
      return ''
    }
    const bad: [Tensor] = [tensor([0.05, 2])]
    expect(message(() => checked(bad))).toContain('argument 0 [0]')
    expect(message(() => checked(bad))).toBe(message(() => checkGradients(careless, bad)))
  })

  it('holds what is stopped as it is at the arguments checked', () => {
    const g = (x: Tensor): Tensor => x.mul(stopGradient(x))
    const checked = gradientChecker(g, [tensor([1, 2])])
    expect(checked([tensor([3, -1])])).toEqual(checkGradients(g, [tensor([3, -1])]))
  })

  it('refuses arguments that are not like those it was made for', () => {
    const picked = gradientChecker(
      (x: Tensor, i: Tensor) => sum(take(x, i).square()),
      [tensor([1, 2]), tensor([0, 0], { dtype: 'i32' })],
    )
    for (const dtype of ['f32', 'f64'] as const)
      expect(picked([tensor([3, 4], { dtype }), tensor([0, 0], { dtype: 'i32' })]).inputs).toBe(2)
    expect(() => picked([tensor([3, 4]), tensor([0, 0])])).toThrow('got f32 [2] instead of i32 [2] at tensor 1.')
    expect(() => picked([tensor([3, 4]), tensor([0, 1], { dtype: 'i32' })])).toThrow(
      'gradientChecker: args must be like those it was made for, got other i32 numbers at tensor 1.',
    )
    expect(() => picked([tensor([3]), tensor([0, 0], { dtype: 'i32' })])).toThrow(
      'got f32 [1] instead of f32 [2] at tensor 0.',
    )
  })

  it('says so where f is not the same when it is traced again', () => {
    let slip = 2
    const square = customVjp(
      (x: Tensor) => x.square(),
      (g, _, x) => [g.mul(x).mul(slip)],
    )
    slip = 3
    const wrong = gradientChecker(square, [tensor([1, 2])])
    slip = 2
    expect(() => wrong([tensor([1, 3])])).toThrow('gradientChecker: f must compute the same whenever it is traced')
  })
})
