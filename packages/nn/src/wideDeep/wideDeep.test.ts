import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { eigh, grad, key, matmul, normal, ones, sum, type Tensor, tensor, useBackend, zeros } from '@wengert/core'
import { checkCustomVjp, checkGradients, laws, tensors, unitVectors } from '@wengert/gradcheck'
import { describeErrors, distance, expectClose, runs, value, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { dualActivation, type WideDeepName, wideDeepActivation } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const names: WideDeepName[] = [
  'opt2d',
  'opt3d',
  'opt5d',
  'opt9d',
  'sine:1',
  'sine:6.13539',
  'erf',
  'relu',
  'hermite:1',
  'hermite:2',
  'hermite:5',
]
const f64 = (data: readonly number[]): Tensor => tensor(Float64Array.from(data))
const cosines = [-0.9, -0.3, 0, 0.4, 0.8]
const phi = (x: Tensor, name: WideDeepName): Tensor => wideDeepActivation(x, name)
const slopeOf = (f: (x: Tensor, name: WideDeepName) => Tensor, name: WideDeepName) =>
  grad((x: Tensor) => sum(f(x, name)))

/** Points and weights with which the mean over a standard normal is a sum: eigenvalues of the Hermite recurrence. */
function quadrature(size: number): { nodes: number[]; weights: number[] } {
  const matrix = new Float64Array(size * size)
  for (let i = 1; i < size; i++) matrix[i * size + i - 1] = matrix[(i - 1) * size + i] = Math.sqrt(i)
  const { values: nodes, vectors } = eigh(tensor(matrix, { shape: [size, size] }))
  return { nodes: values(nodes), weights: values(vectors.slice([0, 0], [1, size]).square()) }
}

/** E f(u) f(v) for standard normal u and v of a correlation. */
function meanOfProducts(f: (x: Tensor) => Tensor, correlation: number): number {
  const { nodes, weights } = quadrature(40)
  const other = nodes.flatMap((u) => nodes.map((w) => correlation * u + Math.sqrt(1 - correlation ** 2) * w))
  const [first, second] = [values(f(f64(nodes))), values(f(f64(other)))]
  return second.reduce((total, y, at) => {
    const [i, j] = [Math.floor(at / 40), at % 40]
    return total + (weights[i] as number) * (weights[j] as number) * (first[i] as number) * y
  }, 0)
}

/** What quadrature makes of a kink is coarse. */
const coarse = (name: WideDeepName): number => (name === 'relu' ? 0.02 : 1e-6)

describe.each(names)('%s', (name) => {
  it('has a dual that is the mean of products', () => {
    for (const z of cosines) {
      const wanted = meanOfProducts((x) => phi(x, name), z)
      expect(Math.abs(value(dualActivation(f64([z]), name)) - wanted)).toBeLessThan(coarse(name))
    }
    expect(Math.abs(meanOfProducts((x) => phi(x, name), 1) - 1)).toBeLessThan(coarse(name))
    expect(value(dualActivation(f64([1]), name))).toBeCloseTo(1, 12)
  })

  if (name !== 'relu')
    it('has a dual whose derivative is the dual of the derivative', () => {
      const slopes = values(slopeOf(dualActivation, name)(f64(cosines)))
      expect(
        distance(
          slopes,
          cosines.map((z) => meanOfProducts(slopeOf(phi, name), z)),
        ),
      ).toBeLessThan(1e-5)
    })

  it('has right derivatives to order 2, elementwise', () => {
    checkGradients((x: Tensor) => phi(x, name), [f64([-1.5, -0.3, 0.2, 1.1])])
    checkGradients((z: Tensor) => dualActivation(z, name), [f64([-0.8, -0.3, 0.2, 0.7])])
    const x = normal(key(1), [3, 2], { dtype: 'f64' })
    laws.exampleWise((x: Tensor) => phi(x, name))(x)
    laws.exampleWise((z: Tensor) => dualActivation(z, name))(x.div(4))
  })

  test.prop([unitVectors([5, 3])], runs(0.1))('keeps a kernel positive semidefinite, and within ±1', (x) => {
    const gram = dualActivation(matmul(x, x.transpose()), name)
    expect(Math.min(...values(eigh(gram).values))).toBeGreaterThan(-1e-10)
    for (const v of values(gram)) expect(Math.abs(v)).toBeLessThan(1 + 1e-12)
  })

  it('keeps its digits in f32', () => {
    const x = tensor([-2, -0.5, 0, 1, 3])
    expect(phi(x, name).dtype).toBe('f32')
    expectClose(phi(x, name).cast('f64'), phi(x.cast('f64'), name), 1e-4)
    const z = tensor([-1, -0.5, 0, 0.5, 1])
    expectClose(dualActivation(z, name).cast('f64'), dualActivation(z.cast('f64'), name), 1e-5)
  })
})

describe('dualActivation', () => {
  it.each([
    ['opt2d', 1, 12],
    ['opt3d', 2, 12],
    ['opt5d', 4, 12],
    ['opt9d', 8, 12],
    ['sine:2.676', 2, 2],
    ['sine:6.13539', 4, 3],
    ['sine:13.8258', 8, 3],
  ] as const)('has slopes at 0 and 1 that make a vote of %s by distance to the power of −%d', (name, power, digits) => {
    const [a, b] = [0, 1].map((z) => value(slopeOf(dualActivation, name)(f64([z])))) as [number, number]
    expect((-2 * Math.log(a)) / Math.log(b)).toBeCloseTo(power, digits)
  })

  it('has the slopes 0 and 1 of relu at ±1, also where rounding went beyond', () => {
    const z = f64([-1, 1, -1 - 1e-15, 1 + 1e-15])
    expectClose(dualActivation(z, 'relu'), f64([0, 1, 0, 1]))
    expectClose(slopeOf(dualActivation, 'relu')(z), f64([0, 1, 0, 1]))
    checkCustomVjp((z: Tensor) => dualActivation(z, 'relu'), [f64([-0.5, 0.1, 0.6])])
  })

  it('shows the three kinds of networks of many layers', () => {
    const deep = (name: WideDeepName, z: number, layers: number): number => {
      let x = f64([z])
      for (let i = 0; i < layers; i++) x = dualActivation(x, name)
      return value(x)
    }
    // The nearest neighbour: all but the nearest vanish beside it. A majority vote: all are alike.
    expect(deep('hermite:2', 0.8, 6) / deep('hermite:2', 0.9, 6)).toBeLessThan(1e-3)
    expect(deep('relu', -0.5, 300)).toBeGreaterThan(0.99)
    // In between: cosines shrink by the slope at 0 each layer, and their ratios settle.
    const ratio = (layers: number): number => deep('opt3d', 0.3, layers) / deep('opt3d', 0.6, layers)
    expect(ratio(30)).toBeCloseTo(ratio(20), 4)
    expect(ratio(30)).toBeGreaterThan(0.1)
  })
})

describe('wideDeepActivation', () => {
  test.prop([tensors([4], { min: -3, max: 3 })], runs(0.2))('is the polynomials written out', (x) => {
    const [h1, h2, h3] = [x, x.square().sub(1).div(Math.SQRT2), x.square().mul(x).sub(x.mul(3)).div(Math.sqrt(6))]
    expectClose(phi(x, 'hermite:3'), h3, 1e-11)
    expectClose(phi(x, 'opt3d'), h1.add(h3).div(Math.SQRT2), 1e-11)
    expectClose(phi(x, 'opt5d'), h1.mul(0.5).add(h2.mul(Math.SQRT1_2)).add(h3.mul(0.5)), 1e-11)
    expectClose(
      phi(x, 'opt9d'),
      h1
        .mul(0.25)
        .add(h2.mul(Math.sqrt(7 / 8)))
        .add(h3.mul(0.25)),
      1e-11,
    )
  })

  test.prop([tensors([3]), fc.constantFrom<WideDeepName>('opt2d', 'opt3d', 'sine:2', 'erf', 'hermite:5')], runs(0.2))(
    'is odd where its degrees are',
    (x, name) => {
      expectClose(phi(x.neg(), name), phi(x, name).neg(), 1e-9)
    },
  )
})

const known =
  "'opt2d', 'opt3d', 'opt5d', 'opt9d', 'erf', 'relu', 'sine:a' with a number a > 0, or 'hermite:k' with an integer k of at least 1"
describeErrors('wide and deep activations', {
  [`wideDeepActivation: name must be ${known}, got tanh.`]: () => wideDeepActivation(ones([1]), 'tanh' as 'relu'),
  [`dualActivation: name must be ${known}, got sine:-1.`]: () => dualActivation(ones([1]), 'sine:-1'),
  [`dualActivation: name must be ${known}, got hermite:1.5.`]: () => dualActivation(ones([1]), 'hermite:1.5'),
  [`dualActivation: name must be ${known}, got sine:.`]: () => dualActivation(ones([1]), 'sine:' as 'relu'),
  "dualActivation: z must be f16, f32 or f64, got i32 [2]. Cast it, e.g. z.cast('f32').": () =>
    dualActivation(zeros([2], { dtype: 'i32' }), 'opt2d'),
})
