import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { customVjp, floor, maximum, minimum, relu, sum, type Tensor, tensor, useBackend } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { type CheckOptions, checkGradients, GradientCheckError, tensors } from './index.ts'

beforeAll(() => useBackend(cpu()))

/** relu with another derivative where x ≤ 0. */
const reluWith = (subgradient: number) =>
  customVjp(
    (x: Tensor) => relu(x),
    (g, _, x) => [g.mul(x.greater(0).cast(x.dtype).add(x.equal(0).cast(x.dtype).mul(subgradient)))],
  )

/** f with the derivative of s · x. */
const withSlope = (f: (x: Tensor) => Tensor, s: number) => customVjp(f, (g) => [g.mul(s)])

function errorOf(f: (x: Tensor) => unknown, x: Tensor, options: CheckOptions = {}): GradientCheckError {
  try {
    checkGradients(f, [x], options)
  } catch (error) {
    if (error instanceof GradientCheckError) return error
    throw error
  }
  throw new Error('the check has passed')
}

describe('the verdict on a slope that disagrees', () => {
  test.prop([fc.double({ min: 0, max: 1, noNaN: true })])(
    'is not sought with accepted kinks: any subgradient of relu passes',
    (s) => {
      const report = checkGradients(reluWith(s), [tensor([0, 2, -1])], { kinks: 'accept' })
      expect(report.worst).toBeLessThanOrEqual(1)
      expect(report.kinks).toBeGreaterThan(0)
    },
  )

  test.prop([
    fc.oneof(fc.double({ min: 1.001, max: 9, noNaN: true }), fc.double({ min: -9, max: -0.001, noNaN: true })),
  ])('is wrong for a slope outside of the one-sided ones, accepted kinks or not', (s) => {
    for (const kinks of ['accept', 'reject'] as const) {
      const error = errorOf(reluWith(s), tensor([0]), { kinks })
      expect(error.verdict).toBe('wrong')
      expect(error.message).toMatch(/one-sided slopes +0 and -?\d|one-sided slopes +-?\d.* and 0/)
    }
  })

  it('is kink at relu(0), and says between which slopes', () => {
    const error = errorOf((x) => x.mul(2).add(relu(x)), tensor([1, 0]))
    expect(error.verdict).toBe('kink')
    expect(error.message).toMatch(
      /^checkGradients: the derivative of order 1 must be taken where the function is smooth, got a kink at argument 0 \[1\]/,
    )
    expect(error.message).toContain("Pass { kinks: 'accept' }")
    const [, low, high] = /between the one-sided slopes (\S+) and (\S+)\. /.exec(error.message) ?? []
    expect(Number(low) / Number(high)).toBeCloseTo(2 / 3, 5)
  })

  it('is kink for a kink that is not quite at the point', () => {
    for (const x of [1e-9, 1e-8, -3e-8, 1e-12]) {
      expect(errorOf((v) => relu(v), tensor([x], { dtype: 'f64' }), { order: 1 }).verdict).toBe('kink')
      expect(
        checkGradients((v: Tensor) => relu(v), [tensor([x], { dtype: 'f64' })], { order: 1, kinks: 'accept' }).kinks,
      ).toBe(1)
    }
  })

  const kinked: readonly ((v: Tensor) => Tensor)[] = [
    (v) => relu(v).mul(v.exp()),
    (v) => v.abs().add(v.square()),
    (v) => maximum(v, 0.5).mul(3),
    (v) => minimum(v.square(), v),
    (v) => maximum(v, v.slice([0], [1])),
  ]

  test.prop([tensors([4]), fc.constantFrom(...kinked)])('accepts the kink of any function with one', (x, f) => {
    checkGradients(f, [x], { kinks: 'accept' })
  })

  it('is wrong beside an accepted kink', () => {
    const f = (v: Tensor) => sum(relu(v)).add(sum(withSlope((u) => u.mul(3), 2)(v)))
    expect(errorOf(f, tensor([0, 1]), { kinks: 'accept' }).verdict).toBe('wrong')
  })

  it('is discontinuous at jumps and vertical tangents, accepted kinks or not', () => {
    const cases: [string, (x: Tensor) => Tensor, number][] = [
      ['floor', withSlope((x) => floor(x), 1), 2],
      ['a step', withSlope((x) => x.greater(0).cast('f64'), 1), 0],
      ['a root', withSlope((x) => x.abs().sqrt(), 1), 0],
    ]
    for (const [name, f, x] of cases)
      for (const kinks of ['reject', 'accept'] as const)
        expect([name, errorOf((v) => f(v).add(v), tensor([x]), { kinks }).verdict]).toEqual([name, 'discontinuous'])
    expect(errorOf((x) => withSlope((v) => floor(v), 1)(x), tensor([2])).message).toMatch(
      /jumps by (0\.\d+|1\.\d+) or rises/,
    )
  })

  it('is wrong for a slope where there is none: between steps', () => {
    expect(
      errorOf(
        withSlope((x) => floor(x), 1),
        tensor([0.3]),
      ).verdict,
    ).toBe('wrong')
  })

  it('is inconclusive where round-off hides the slope, and gives the noise', () => {
    const cancelling = withSlope((x) => x.add(1e12).sub(1e12), 1)
    const error = errorOf((x) => cancelling(x), tensor([0.3, -1.7]))
    expect(error.verdict).toBe('inconclusive')
    const [, noise] = /round-off moves the slope by (\S+) at/.exec(error.message) ?? []
    expect(Number(noise)).toBeGreaterThan(1e-4)
    expect(Number(noise)).toBeLessThan(1)
    expect(errorOf((x) => withSlope((v) => v.add(1e3).cast('f32').cast('f64'), 1)(x), tensor([0.3])).verdict).toBe(
      'inconclusive',
    )
  })

  it.each([0.3, -1.7, 2.9, 0.01, -0.77])(
    'is not sought where round-off, large but seen, leaves the slope clear: at %d',
    (at) => {
      const x = tensor([at])
      const narrow = (slope: number) => withSlope((v) => v.cast('f32').cast('f64'), slope)
      checkGradients((v: Tensor) => narrow(1)(v), [x], { order: 1 })
      expect(errorOf((v) => narrow(1.01)(v), x, { order: 1 }).verdict).toBe('wrong')
    },
  )

  it('is wrong through round-off where the slope is far off', () => {
    const cancelling = withSlope((x) => x.add(1e10).sub(1e10), 3)
    expect(errorOf((x) => cancelling(x), tensor([0.3])).verdict).toBe('wrong')
  })

  it('is inconclusive at the edge of a domain', () => {
    const error = errorOf((x) => x.sqrt(), tensor([0]))
    expect(error.verdict).toBe('wrong') // the gradient itself is infinite
    const finite = errorOf((x) => withSlope((v) => v.sqrt().mul(v), 0.5)(x), tensor([0]))
    expect(finite.verdict).toBe('inconclusive')
    expect(finite.message).toContain('not finite on one side')
  })

  it('is wrong for a gradient that is not finite, and says so', () => {
    const x = tensor([1, 2, 3])
    const nan = (mask: readonly number[]) =>
      customVjp(
        (v: Tensor) => v.square(),
        (g, _, v) => [g.mul(v).mul(2).div(tensor(mask))],
      )
    const { verdict, message } = errorOf(nan([1, 0, 1]), x)
    expect(verdict).toBe('wrong')
    expect(message).toMatch(
      /^checkGradients: the derivative of order 1 must equal the slope of the function, got -?Infinity at argument 0 \[1\]\./,
    )
    const overflow = errorOf((v) => v.exp().div(v.exp()), tensor([1, 800], { dtype: 'f64' }))
    expect(overflow.verdict).toBe('wrong')
    expect(overflow.message).toContain('must be taken where the function is finite, got NaN at argument 0 [1]')
  })
})
