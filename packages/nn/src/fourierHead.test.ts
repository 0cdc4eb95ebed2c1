import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  eye,
  flip,
  grad,
  key,
  linspace,
  mean,
  normal,
  softmax,
  sum,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@wengert/core'
import { checkGradients, checkLayer, tensors } from '@wengert/gradcheck'
import { describeErrors, distance, expectClose, runs, value, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type FourierHead, fourierHead, type Params } from './index.ts'

beforeAll(() => useBackend(cpu()))

const n = 3
/** A head whose input is θ itself. */
const bare = (options: { readonly bins: number; readonly gamma?: number }): FourierHead =>
  fourierHead({ in: 2 * (n + 1), frequencies: n, ...options })
const same = { weight: eye(2 * (n + 1), { dtype: 'f64' }), bias: zeros([2 * (n + 1)], { dtype: 'f64' }) }
const thetas = tensors([2 * (n + 1)], { min: -3, max: 3 }).filter((t) => values(t).some((v) => v !== 0))

/** cₖ = Σ aₗ₊ₖ āₗ, number after number. */
function plainCoefficients(theta: readonly number[]): { real: number[]; imaginary: number[] } {
  const [real, imaginary] = [new Array<number>(n + 1).fill(0), new Array<number>(n + 1).fill(0)]
  for (let k = 0; k <= n; k++)
    for (let l = 0; l + k <= n; l++) {
      const [a, b, c, d] = [theta[l + k], theta[n + 1 + l + k], theta[l], theta[n + 1 + l]] as [
        number,
        number,
        number,
        number,
      ]
      real[k] = (real[k] as number) + a * c + b * d
      imaginary[k] = (imaginary[k] as number) + b * c - a * d
    }
  return { real, imaginary }
}

/** ½ + Re Σ (cₖ / c₀) e^(iπkz). */
function plainDensity(theta: readonly number[], z: number): number {
  const { real, imaginary } = plainCoefficients(theta)
  let p = 0.5
  for (let k = 1; k <= n; k++) {
    const angle = Math.PI * k * z
    p += ((real[k] as number) * Math.cos(angle) - (imaginary[k] as number) * Math.sin(angle)) / (real[0] as number)
  }
  return p
}

describe('fourierHead', () => {
  it('obeys what a layer must, its regularizer included', () => {
    const head = fourierHead({ in: 2, bins: 5, frequencies: 2, gamma: 0.1, dtype: 'f64' })
    const x = normal(key(1), [3, 2], { dtype: 'f64' })
    const params = { weight: normal(key(2), [6, 2], { dtype: 'f64' }), bias: normal(key(3), [6], { dtype: 'f64' }) }
    expect(checkLayer({ ...head, init: () => params }, x)).toMatchObject({ idle: [], batch: { rows: 3 } })
    checkGradients((p: Params<typeof head>, x: Tensor) => head.run(p, x).regularizer, [params, x])
    const points = tensor([-0.7, 0.2, 0.9], { dtype: 'f64' })
    checkGradients((p: Params<typeof head>, points: Tensor) => head.density(p, x, points), [params, points])
  })

  test.prop([thetas], runs(0.3))('has the coefficients and the density of the formula', (theta) => {
    const [head, data] = [bare({ bins: 4 }), values(theta)]
    const { real, imaginary } = head.coefficients(same, theta)
    const wanted = plainCoefficients(data)
    const largest = wanted.real[0] as number
    expect(distance(values(real), wanted.real)).toBeLessThan(1e-12 * Math.max(1, largest))
    expect(distance(values(imaginary), wanted.imaginary)).toBeLessThan(1e-12 * Math.max(1, largest))
    for (const c of values(real.square().add(imaginary.square()).sqrt())) expect(c).toBeLessThan(largest * (1 + 1e-12))
    const points = [-1, -0.6, 0, 0.3, 1]
    const density = values(head.density(same, theta, tensor(points, { dtype: 'f64' })))
    expect(
      distance(
        density,
        points.map((z) => plainDensity(data, z)),
      ),
    ).toBeLessThan(1e-12)
  })

  test.prop([thetas, fc.integer({ min: 1, max: 7 })], runs(0.3))('has the logits of the formula', (theta, bins) => {
    const p = Array.from({ length: bins }, (_, j) => plainDensity(values(theta), -1 + (2 * j + 1) / bins))
    const total = p.reduce((sum, v) => sum + v, 0)
    // All bins may lie where the density is 0.
    fc.pre(total > 1e-6)
    const logits = bare({ bins }).apply(same, theta)
    expect(
      distance(
        values(logits.exp()),
        p.map((v) => v / total + 1e-5),
      ),
    ).toBeLessThan(1e-9)
    expect(
      distance(
        values(softmax(logits)),
        p.map((v) => (v / total + 1e-5) / (1 + bins * 1e-5)),
      ),
    ).toBeLessThan(1e-9)
  })

  test.prop([thetas], runs(0.3))('has a density of at least 0 and of integral 1', (theta) => {
    // The mean over a period, of more points than there are frequencies.
    const p = values(bare({ bins: 2 }).density(same, theta, linspace(-1, 1, 17, { dtype: 'f64' }).slice([0], [16])))
    expect(Math.min(...p)).toBeGreaterThanOrEqual(0)
    expect((2 * p.reduce((total, v) => total + v, 0)) / p.length).toBeCloseTo(1, 10)
  })

  test.prop([thetas, fc.double({ min: -7, max: 7, noNaN: true }), fc.constantFrom(-4, 0.25, 1e4)], runs(0.3))(
    'does not see scale and phase; the regularizer grows with the fourth power of the scale',
    (theta, angle, scale) => {
      const head = bare({ bins: 5, gamma: 0.3 })
      const [a, b] = [theta.slice([0], [n + 1]), theta.slice([n + 1])]
      const [c, s] = [Math.cos(angle), Math.sin(angle)]
      const turned = tensor([...values(a.mul(c).sub(b.mul(s))), ...values(a.mul(s).add(b.mul(c)))], { dtype: 'f64' })
      const points = linspace(-1, 1, 9, { dtype: 'f64' })
      const density = head.density(same, theta, points)
      expectClose(head.density(same, turned, points), density, 1e-11)
      expectClose(head.density(same, theta.mul(scale), points), density, 1e-11)
      expectClose(head.apply(same, theta.mul(scale)), head.apply(same, theta), 1e-7)
      const regularizer = value(head.run(same, theta).regularizer)
      expectClose(head.run(same, turned).regularizer, tensor(regularizer, { dtype: 'f64' }), 1e-10)
      expectClose(
        head.run(same, theta.mul(scale)).regularizer.div(scale ** 4),
        tensor(regularizer, { dtype: 'f64' }),
        1e-10,
      )
    },
  )

  test.prop([thetas], runs(0.3))('is mirrored where amplitudes are conjugated', (theta) => {
    const conjugate = theta.mul(tensor([1, 1, 1, 1, -1, -1, -1, -1], { dtype: 'f64' }))
    const points = linspace(-1, 1, 9, { dtype: 'f64' })
    const mirrored = flip(bare({ bins: 5 }).density(same, conjugate, points))
    expectClose(mirrored, bare({ bins: 5 }).density(same, theta, points), 1e-11)
  })

  test.prop([tensors([2, 3, 2 * (n + 1)])], runs(0.3))(
    'has the regularizer of the formula, the mean over a batch',
    (x) => {
      const data = values(x)
      const each = Array.from({ length: 6 }, (_, i) => {
        const { real, imaginary } = plainCoefficients(data.slice(8 * i, 8 * i + 8))
        return real.reduce(
          (total, v, k) => total + (2 * Math.PI * k) ** 2 * (v ** 2 + (imaginary[k] as number) ** 2),
          0,
        )
      })
      const wanted = (0.01 * each.reduce((total, v) => total + v, 0)) / 6
      const { logits, regularizer } = bare({ bins: 3, gamma: 0.01 }).run(same, x)
      expectClose(regularizer, tensor(wanted, { dtype: 'f64' }), 1e-10)
      expectClose(logits, bare({ bins: 3 }).apply(same, x))
      expect(value(bare({ bins: 3 }).run(same, x).regularizer)).toBe(0)
    },
  )

  it('is even, without a gradient, where all amplitudes are 0 and where there is no frequency', () => {
    const zero = zeros([2, 8])
    const head = bare({ bins: 4 })
    const small = { weight: same.weight.cast('f32'), bias: same.bias.cast('f32') }
    expectClose(head.apply(small, zero), Math.fround(Math.log(0.25 + 1e-5)), 1e-6)
    expectClose(head.density(small, zero, zeros([3])), 0.5)
    const g = grad((x: Tensor) => sum(head.apply(small, x).square()))(zero)
    expect(values(g).every((v) => v === 0)).toBe(true)
    const flat = fourierHead({ in: 2, bins: 5, frequencies: 0 })
    expectClose(flat.apply(flat.init(key(0)), normal(key(1), [3, 2])), Math.log(0.2 + 1e-5), 1e-6)
    const one = fourierHead({ in: 2, bins: 1, frequencies: 2, logEps: 0.5 })
    expectClose(one.apply(one.init(key(0)), normal(key(1), [2])), Math.log(1.5), 1e-6)
  })

  it('starts small and nearly even over inputs, and stays finite in f32 at any scale', () => {
    const head = fourierHead({ in: 16, bins: 18, frequencies: 42 })
    const params = head.init(key(0))
    expect([params.weight.shape, params.bias.shape]).toEqual([[86, 16], [86]])
    expect(Math.max(...values(params.weight), ...values(params.bias))).toBeLessThanOrEqual(0.0025)
    const x = normal(key(1), [4, 16])
    for (const scale of [1e-28, 1, 1e4, 1e25]) {
      const run = (x: Tensor): Tensor => head.apply(params, x.mul(scale))
      expect(run(x).dtype).toBe('f32')
      for (const y of [run(x), grad((x: Tensor) => mean(run(x).square()))(x)])
        expect(values(y).every(Number.isFinite)).toBe(true)
    }
  })

  const head = bare({ bins: 4 })
  describeErrors('fourierHead', {
    'fourierHead: weight must have shape [8, 8], got [4, 8] (...B = [2]). Expected x [...B, 8], weight [8, 8], bias [8].':
      () => head.apply({ weight: zeros([4, 8]), bias: zeros([8]) }, zeros([2, 8])),
    'fourierHead: points must have shape [M], got []. Expected points [M].': () =>
      head.density(same, zeros([8]), zeros([])),
    'fourierHead: bins must be an integer of at least 1, got 0.': () => bare({ bins: 0 }),
    'fourierHead: frequencies must be an integer of at least 0, got -1.': () =>
      fourierHead({ in: 1, bins: 1, frequencies: -1 }),
    'fourierHead: gamma must be at least 0 and finite, got -1.': () => bare({ bins: 1, gamma: -1 }),
    'fourierHead: logEps must be greater than 0 and finite, got 0.': () =>
      fourierHead({ in: 1, bins: 1, frequencies: 1, logEps: 0 }),
  })
})
