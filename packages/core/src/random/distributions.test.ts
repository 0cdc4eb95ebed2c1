import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { describeErrors } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

const n = 10_000
const keys = fc.maxSafeNat().map(w.key)
const numbers = (x: w.Tensor): number[] => Array.from(x.dataSync())

const logGammas = new Map<number, number>()

function lgamma(x: number): number {
  const known = logGammas.get(x) ?? w.lgamma(w.tensor(x, { dtype: 'f64' })).item()
  logGammas.set(x, known)
  return known
}

/** Normal distribution function. */
const phi = (x: number): number =>
  0.5 * (1 + Math.sign(x) * (x * x === Number.POSITIVE_INFINITY ? 1 : gammaBelow(0.5, (x * x) / 2)))

/** Regularised incomplete gamma function P(a, x), by its series. */
function gammaBelow(a: number, x: number): number {
  if (x <= 0) return 0
  let term = 1 / a
  let total = term
  for (let k = 1; term > 1e-16 * total; k++) total += term *= x / (a + k)
  return total * Math.exp(a * Math.log(x) - x - lgamma(a))
}

/** Regularised incomplete beta function, by Lentz's continued fraction. */
function betaBelow(a: number, b: number, x: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1
  if (x > (a + 1) / (a + b + 2)) return 1 - betaBelow(b, a, 1 - x)
  let [c, d] = [1, 1 / (1 - ((a + b) * x) / (a + 1))]
  let fraction = d
  for (let m = 1, turn = 0; Math.abs(turn - 1) > 1e-15; m++) {
    turn = 1
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    for (const step of [even, odd]) {
      d = 1 / (1 + step * d)
      c = 1 + step / c
      turn *= c * d
    }
    fraction *= turn
  }
  const front = a * Math.log(x) + b * Math.log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)
  return (Math.exp(front) * fraction) / a
}

/** √n times the largest distance from the distribution function, right of which and left of which draws stop. */
function kolmogorov(draws: readonly number[], below: (x: number) => number): number {
  const sorted = draws.toSorted((a, b) => a - b)
  const distances = sorted.map((x, i) => {
    const p = below(x)
    return Math.max(Math.abs(p - i / draws.length), Math.abs(p - (i + 1) / draws.length))
  })
  return Math.max(...distances) * Math.sqrt(draws.length)
}

/** χ² of counts against probabilities, in standard deviations from its mean; what is expected less than 8 times is pooled. */
function chiSquared(draws: readonly number[], probability: (k: number) => number, last: number): number {
  const counts = new Array<number>(last + 1).fill(0)
  for (const k of draws) counts[Math.min(Math.max(k, 0), last)] = (counts[Math.min(Math.max(k, 0), last)] as number) + 1
  let [total, cells, pooled, pooledExpected] = [0, 0, 0, 0]
  counts.forEach((count, k) => {
    const expected = probability(k) * draws.length
    if (expected < 8) {
      pooled += count
      pooledExpected += expected
    } else {
      total += (count - expected) ** 2 / expected
      cells++
    }
  })
  if (pooledExpected > 1) {
    total += (pooled - pooledExpected) ** 2 / pooledExpected
    cells++
  } else expect(pooled).toBeLessThan(12)
  const degrees = cells - 1
  return degrees > 0 ? (total - degrees) / Math.sqrt(2 * degrees) : 0
}

/** Within five standard errors, which fails by chance once in two million. */
function expectMoments(draws: readonly number[], mean: number, variance: number): void {
  const found = draws.reduce((sum, x) => sum + x, 0) / draws.length
  expect(Math.abs(found - mean)).toBeLessThan(5 * Math.sqrt(variance / draws.length))
  const squares = draws.map((x) => (x - mean) ** 2)
  const spread = squares.reduce((sum, x) => sum + x, 0) / draws.length
  const error = Math.sqrt(squares.reduce((sum, x) => sum + (x - spread) ** 2, 0) / draws.length ** 2)
  expect(Math.abs(spread - variance)).toBeLessThan(6 * error)
}

interface Continuous {
  readonly draw: (key: w.Key, shape: w.Shape, options: { dtype: 'f32' | 'f64' }) => w.Tensor
  readonly below: (x: number) => number
  readonly mean?: number
  readonly variance?: number
}

const between = (low: number, high: number) => (x: number) =>
  (phi(Math.min(Math.max(x, low), high)) - phi(low)) / (phi(high) - phi(low))

const ofGamma = (alpha: number): Continuous => ({
  draw: (key, shape, options) => w.gamma(key, alpha, shape, options),
  below: (x) => gammaBelow(alpha, x),
  mean: alpha,
  variance: alpha,
})

const ofBeta = (a: number, b: number): Continuous => ({
  draw: (key, shape, options) => w.beta(key, a, b, shape, options),
  below: (x) => betaBelow(a, b, x),
  mean: a / (a + b),
  variance: (a * b) / ((a + b) ** 2 * (a + b + 1)),
})

const shares = [0.5, 1, 4]

/** One share of a Dirichlet draw has a beta distribution. */
const ofShare = (i: number): Continuous => ({
  ...ofBeta(shares[i] as number, 5.5 - (shares[i] as number)),
  draw: (key, shape, options) =>
    w
      .dirichlet(key, w.tensor(shares, options), [...shape, 3])
      .slice([0, i], [shape[0] as number, i + 1])
      .reshape(shape),
})

const continuous: Record<string, Continuous> = {
  exponential: { draw: w.exponential, below: (x) => -Math.expm1(-x), mean: 1, variance: 1 },
  gumbel: {
    draw: w.gumbel,
    below: (x) => Math.exp(-Math.exp(-x)),
    mean: 0.5772156649015329,
    variance: Math.PI ** 2 / 6,
  },
  truncatedNormal: { draw: w.truncatedNormal, below: between(-2, 2), mean: 0, variance: 0.7737413035 },
  'truncatedNormal from 1 on': {
    draw: (key, shape, options) =>
      w.truncatedNormal(key, shape, { low: 1, high: Number.POSITIVE_INFINITY, ...options }),
    below: between(1, Number.POSITIVE_INFINITY),
  },
  'truncatedNormal in a tail': {
    draw: (key, shape, options) => w.truncatedNormal(key, shape, { low: -4.5, high: -3.5, ...options }),
    below: between(-4.5, -3.5),
  },
  'gamma of 0.05': ofGamma(0.05),
  'gamma of 0.7': ofGamma(0.7),
  'gamma of 1': ofGamma(1),
  'gamma of 2.5': ofGamma(2.5),
  'gamma of 300': ofGamma(300),
  'beta of 0.3 and 0.6': ofBeta(0.3, 0.6),
  'beta of 1 and 1': ofBeta(1, 1),
  'beta of 2 and 5': ofBeta(2, 5),
  'beta of 40 and 3': ofBeta(40, 3),
  'dirichlet’s first share': ofShare(0),
  'dirichlet’s last share': ofShare(2),
}

describe.each(Object.entries(continuous))('%s', (_, { draw, below, mean, variance }) => {
  it.each(['f32', 'f64'] as const)('has its distribution and moments in %s', (dtype) => {
    const x = draw(w.key(1), [n], { dtype })
    expect(x.dtype).toBe(dtype)
    const draws = numbers(x)
    // Beyond 2.5 once in a hundred thousand.
    expect(kolmogorov(draws, below)).toBeLessThan(2.5)
    if (mean !== undefined && variance !== undefined) expectMoments(draws, mean, variance)
  })

  it('gives the same numbers for the same key, others for another', () => {
    const some = (seed: number) => numbers(draw(w.key(seed), [20], { dtype: 'f32' }))
    expect(some(3)).toEqual(some(3))
    expect(some(3)).not.toEqual(some(4))
  })
})

const logProbability = (rate: number) => (k: number) => Math.exp(k * Math.log(rate) - rate - lgamma(k + 1))

describe('poisson', () => {
  it.each([0.01, 0.8, 4, 9.9, 10, 13.25, 40, 1000])('of rate %d has its distribution and moments', (rate) => {
    for (const dtype of ['f32', 'f64'] as const) {
      const x = w.poisson(w.key(2), rate, [n], { dtype })
      expect(x.dtype).toBe('i32')
      const draws = numbers(x)
      expect(chiSquared(draws, logProbability(rate), Math.ceil(rate + 10 * Math.sqrt(rate) + 10))).toBeLessThan(5)
      expectMoments(draws, rate, rate)
    }
  })

  it('of a large rate is near normal', () => {
    const rate = 1e6
    const scaled = numbers(w.poisson(w.key(3), rate, [n])).map((k) => (k + 0.5 - rate) / Math.sqrt(rate))
    expect(kolmogorov(scaled, phi)).toBeLessThan(2.5)
    const huge = numbers(w.poisson(w.key(3), 1e9, [n], { dtype: 'f64' })).map((k) => (k + 0.5 - 1e9) / Math.sqrt(1e9))
    expect(kolmogorov(huge, phi)).toBeLessThan(2.5)
  })

  it('takes a rate for each element, as it takes each alone', () => {
    const rates = [0, 0.5, 9.99, 10, 250, -1, Number.NaN, 2e6]
    const x = w.poisson(w.key(4), w.tensor(rates), [1000, rates.length])
    const columns = rates.map((_, i) => numbers(x.slice([0, i], [1000, i + 1])))
    expect(columns[0]).toEqual(Array(1000).fill(0))
    for (const i of [1, 2, 3, 4]) expectMoments(columns[i] as number[], rates[i] as number, rates[i] as number)
    for (const i of [5, 6, 7]) expect(columns[i]).toEqual(Array(1000).fill(-1))
  })
})

describe('gamma, beta and dirichlet', () => {
  it('take parameters for each element and draw their joint shape', () => {
    const alpha = w.tensor([[0.5], [2]], { dtype: 'f64' })
    expect(w.gamma(w.key(0), alpha).shape).toEqual([2, 1])
    expect(w.gamma(w.key(0), alpha, [3, 2, 4]).shape).toEqual([3, 2, 4])
    const x = w.beta(w.key(0), alpha, w.tensor([1, 5]))
    expect([x.shape, x.dtype]).toEqual([[2, 2], 'f64'])
    const means = w.mean(w.gamma(w.key(0), alpha, [n, 2, 1]), { axis: 0 }).dataSync()
    expect(Math.abs((means[0] as number) - 0.5)).toBeLessThan(5 * Math.sqrt(0.5 / n))
    expect(Math.abs((means[1] as number) - 2)).toBeLessThan(5 * Math.sqrt(2 / n))
  })

  test.prop([keys, fc.constantFrom(1e-3, 0.1, 1, 50)])('draw points of the simplex', (key, alpha) => {
    const x = w.dirichlet(key, w.full([5], alpha), [7, 5])
    expect(numbers(x).every((v) => v >= 0 && v <= 1)).toBe(true)
    for (const total of numbers(w.sum(x, { axis: -1 }))) expect(total).toBeCloseTo(1, 5)
    expect(numbers(w.beta(key, alpha, alpha, [9])).every((v) => v >= 0 && v <= 1)).toBe(true)
  })

  it('are NaN where a parameter is not positive', () => {
    const bad = w.tensor([0, -1, Number.NaN, 1])
    expect(numbers(w.gamma(w.key(0), bad)).map(Number.isNaN)).toEqual([true, true, true, false])
    expect(numbers(w.beta(w.key(0), bad, 1)).map(Number.isNaN)).toEqual([true, true, true, false])
  })

  it('let no gradient through', () => {
    const f = (a: w.Tensor) =>
      w.sum(
        w
          .gamma(w.key(0), a)
          .add(w.beta(w.key(1), a, a))
          .add(w.dirichlet(w.key(2), a)),
      )
    expect(numbers(w.grad(f)(w.tensor([0.5, 2])))).toEqual([0, 0])
  })

  it('let the gradient of a scale through, as all that is done with a draw', () => {
    const draws = (scale: w.Tensor) => w.sum(w.gamma(w.key(0), 2, [5]).mul(scale))
    const total = w.sum(w.gamma(w.key(0), 2, [5])).item()
    expect(w.grad(draws)(w.tensor(3)).item()).toBeCloseTo(total, 4)
  })
})

describe('randomInt', () => {
  it.each([1, 2, 6, 1000])('takes each of %d values equally often', (count) => {
    const draws = numbers(w.randomInt(w.key(5), [n], { low: -3, high: count - 3 })).map((k) => k + 3)
    expect(draws.every((k) => Number.isInteger(k) && k >= 0 && k < count)).toBe(true)
    expect(Math.abs(chiSquared(draws, () => 1 / count, count - 1))).toBeLessThan(5)
  })

  test.prop([keys, fc.integer({ min: 1, max: 2 ** 30 }), fc.integer({ min: -(2 ** 30), max: 2 ** 30 })])(
    'is ⌊range · word / 2³⁰⌋ for a word of 30 bits',
    (key, range, low) => {
      const digits = numbers(w.uniform(key, [2, 20]).mul(2 ** 15).cast('i32')) // biome-ignore format: short
      const [h, l] = [digits.slice(0, 20), digits.slice(20)]
      const expected = h.map((digit, i) => {
        const word = BigInt(digit) * 2n ** 15n + BigInt(l[i] as number)
        return low + Number((BigInt(range) * word) >> 30n)
      })
      expect(numbers(w.randomInt(key, [20], { low, high: low + range }))).toEqual(expected)
    },
  )

  it('covers wide ranges evenly', () => {
    const draws = numbers(w.randomInt(w.key(6), [n], { high: 2 ** 30 }))
    expect(
      kolmogorov(
        draws.map((k) => k / 2 ** 30),
        (x) => x,
      ),
    ).toBeLessThan(2.5)
    expect(draws.some((k) => k % 2 === 1)).toBe(true)
  })
})

describe('categorical', () => {
  const probs = [0.5, 0.25, 0, 0.2, 0.05]

  it.each(['f32', 'f64'] as const)('has the probabilities of softmax in %s', (dtype) => {
    const x = w.categorical(w.key(7), w.tensor(probs, { dtype }).log().add(3), [n])
    expect(x.dtype).toBe('i32')
    const draws = numbers(x)
    expect(draws.includes(2)).toBe(false)
    expect(Math.abs(chiSquared(draws, (k) => probs[k] as number, 4))).toBeLessThan(5)
  })

  it('draws one class for each row', () => {
    const sure = w.oneHot(w.tensor([[3, 0], [1, 2]], { dtype: 'i32' }), 4).mul(1e4) // biome-ignore format: a matrix
    expect(numbers(w.categorical(w.key(0), sure))).toEqual([3, 0, 1, 2])
    expect(w.categorical(w.key(0), sure, [5, 2, 2]).shape).toEqual([5, 2, 2])
  })
})

describe('choice', () => {
  const p = w.tensor([0.1, 0.2, 0.3, 0.4])

  it('with replacement has the probabilities given', () => {
    const even = numbers(w.choice(w.key(8), 4, [n]))
    expect(Math.abs(chiSquared(even, () => 0.25, 3))).toBeLessThan(5)
    const weighted = numbers(w.choice(w.key(8), 4, [n], { p: p.mul(7) }))
    expect(Math.abs(chiSquared(weighted, (k) => (k + 1) / 10, 3))).toBeLessThan(5)
  })

  test.prop([keys, fc.integer({ min: 1, max: 20 }), fc.boolean()])(
    'without replacement repeats nothing',
    (key, count, even) => {
      const options = { replace: false, ...(even ? {} : { p: w.arange(count, { start: 1 }) }) }
      const drawn = numbers(w.choice(key, count, [count], options))
      expect(drawn.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
    },
  )

  it('without replacement chooses by the weights of those left', () => {
    const pairs = Array.from({ length: 4000 }, (_, i) =>
      numbers(w.choice(w.fold(w.key(9), i), 4, [2], { replace: false, p })),
    )
    const probability = (k: number) => {
      const [a, b] = [((k >> 2) + 1) / 10, ((k & 3) + 1) / 10]
      return k >> 2 === (k & 3) ? 0 : (a * b) / (1 - a)
    }
    expect(
      Math.abs(
        chiSquared(
          pairs.map(([a = 0, b = 0]) => 4 * a + b),
          probability,
          15,
        ),
      ),
    ).toBeLessThan(5)
  })

  it('of a tensor takes slices along the first axis, with their gradient', () => {
    const x = w.tensor([[1, 2], [3, 4], [5, 6]]) // biome-ignore format: a matrix
    const order = numbers(w.choice(w.key(1), 3, [3], { replace: false }))
    const rows = w.choice(w.key(1), x, [3], { replace: false })
    expect(numbers(rows)).toEqual(order.flatMap((i) => [2 * i + 1, 2 * i + 2]))
    expect(w.choice(w.key(1), x, [4, 5]).shape).toEqual([4, 5, 2])
    expect(numbers(w.grad((v: w.Tensor) => w.sum(w.choice(w.key(1), v, [3], { replace: false })))(x))).toEqual(
      Array(6).fill(1),
    )
  })
})

describe('draws of other distributions', () => {
  test.prop([keys])('are finite, and inside their bounds', (key) => {
    for (const dtype of ['f32', 'f64'] as const) {
      const draws = [
        w.exponential(key, [99], { dtype }),
        w.gumbel(key, [99], { dtype }),
        w.gamma(key, 3, [99], { dtype }),
      ]
      for (const x of draws) expect(numbers(x).every(Number.isFinite)).toBe(true)
      expect(
        numbers(w.truncatedNormal(key, [99], { low: -0.5, high: 0.25, dtype })).every((v) => v >= -0.5 && v <= 0.25),
      ).toBe(true)
    }
  })

  it('make no new plan for new parameters', () => {
    const backend = cpu()
    const draw = (i: number) => {
      w.gamma(w.fold(w.key(0), i), 1 + i, [3]).dataSync({ backend })
      w.poisson(w.fold(w.key(0), i), 1 + i / 100, [3]).dataSync({ backend })
      w.randomInt(w.fold(w.key(0), i), [3], { high: 10 + i }).dataSync({ backend })
      w.truncatedNormal(w.fold(w.key(0), i), [3], { low: -1 - i }).dataSync({ backend })
    }
    for (let i = 0; i < 3; i++) draw(i)
    expect(w.planCount(backend)).toBe(4)
  })
})

describeErrors('distributions', {
  'truncatedNormal: low and high must satisfy low < high, low ≤ 4 and high ≥ -4 in f32, got 5 and 6.': () =>
    w.truncatedNormal(w.key(0), [1], { low: 5, high: 6 }),
  'truncatedNormal: low and high must satisfy low < high, low ≤ 7 and high ≥ -7 in f64, got 1 and 1.': () =>
    w.truncatedNormal(w.key(0), [1], { low: 1, high: 1, dtype: 'f64' }),
  'gumbel: dtype must be f32 or f64, got i32.': () => w.gumbel(w.key(0), [1], { dtype: 'i32' }),
  'exponential: shape must consist of non-negative integers, got [-1].': () => w.exponential(w.key(0), [-1]),
  'gamma: alpha must be a positive number, got 0.': () => w.gamma(w.key(0), 0, [1]),
  'gamma: shape must be what alpha broadcast to, got [3] for [2].': () => w.gamma(w.key(0), w.ones([2]), [3]),
  "gamma: alpha must be f16, f32 or f64, got i32 []. Cast it, e.g. alpha.cast('f32').": () =>
    w.gamma(w.key(0), w.tensor(1, { dtype: 'i32' })),
  'beta: b must be a positive number, got NaN.': () => w.beta(w.key(0), 1, Number.NaN),
  'beta: shape must be what a and b broadcast to, got [] for [2] and [3].': () =>
    w.beta(w.key(0), w.ones([2]), w.ones([3])),
  'dirichlet: alpha must be a tensor of shape [...A, K], got a scalar. Give one number per class.': () =>
    w.dirichlet(w.key(0), w.tensor(1)),
  'poisson: rate must be from 0 to 1000000, got 2000000.': () => w.poisson(w.key(0), 2e6),
  'poisson: dtype must be f32 or f64, got i32.': () => w.poisson(w.key(0), 1, [1], { dtype: 'i32' }),
  'randomInt: low and high must be 32-bit integers with low < high ≤ low + 2^30, got 0 and 0. For all 32 bits use randomBits.':
    () => w.randomInt(w.key(0), [1], { high: 0 }),
  'categorical: logits must have shape [...A, K] with K ≥ 1, where A broadcasts to the shape drawn, got [2, 3] for [4].':
    () => w.categorical(w.key(0), w.zeros([2, 3]), [4]),
  'choice: of must be an integer of at least 1, got 0.': () => w.choice(w.key(0), 0, [1]),
  'choice: of must have an axis to choose along, got shape [].': () => w.choice(w.key(0), w.zeros([]), [1]),
  'choice: shape must hold at most the 2 things there are, without replacement, got [3].': () =>
    w.choice(w.key(0), 2, [3], { replace: false }),
  'choice: p must have shape [2], one weight for each thing, got [3].': () =>
    w.choice(w.key(0), 2, [3], { p: w.ones([3]) }),
  'choice: p must be f32 or f64, got i32.': () => w.choice(w.key(0), 1, [1], { p: w.ones([1], { dtype: 'i32' }) }),
})
