import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from './index.ts'

beforeAll(() => w.useBackend(cpu()))

const keys = fc.maxSafeNat().map(w.key)

describe('threefry', () => {
  // Known answers for 20 rounds, from the Random123 distribution (kat_vectors).
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)('of key %j and counter %j is %j', ([k0, k1], [c0, c1], expected) => {
    expect(w.threefry(k0, k1, c0, c1)).toEqual(expected)
  })
})

describe('keys', () => {
  test.prop([fc.maxSafeNat(), fc.integer({ min: 2, max: 20 })])(
    'differ from their origin and from one another',
    (seed, n) => {
      const origin = w.key(seed)
      const made = [origin, ...w.split(origin, n), ...Array.from({ length: n }, (_, i) => w.fold(origin, i))]
      expect(new Set(made.map(({ k0, k1 }) => `${k0},${k1}`)).size).toBe(made.length)
    },
  )

  it('are made from seeds and indices that are integers', () => {
    expect(w.key(2 ** 32 + 7)).toEqual({ k0: 1, k1: 7 })
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => w.key(bad)).toThrow(w.ValueError)
      expect(() => w.fold(w.key(0), bad)).toThrow(w.ValueError)
    }
    expect(() => w.split(w.key(0), 0)).toThrow('split: count must be an integer of at least 1, got 0.')
  })
})

describe('draws', () => {
  test.prop([keys, fc.nat({ max: 40 })])('are the words of the generator, in order', (from, n) => {
    const words = Array.from({ length: n }, (_, i) => w.threefry(from.k0, from.k1, 0, i >> 1)[i & 1] as number)
    expect([...w.randomBits(from, [n]).dataSync()]).toEqual(words.map((word) => word | 0))
    expect([...w.uniform(from, [n]).dataSync()]).toEqual(words.map((word) => (word >>> 8) / 2 ** 24))
    const long = Array.from({ length: n }, (_, i) => w.threefry(from.k0, from.k1, 0, i))
    expect([...w.uniform(from, [n], { dtype: 'f64' }).dataSync()]).toEqual(
      long.map(([a, b]) => ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53),
    )
  })

  test.prop([keys, fc.nat({ max: 30 }), fc.nat({ max: 30 })])(
    'of a longer shape begin with those of a shorter',
    (from, n, more) => {
      const long = w.normal(from, [n + more]).dataSync()
      expect(long.slice(0, n)).toEqual(w.normal(from, [n]).dataSync())
    },
  )

  const n = 100_000
  // Five standard errors: fails by chance once in two million.
  const near = (actual: number, expected: number, deviation: number) =>
    expect(Math.abs(actual - expected)).toBeLessThan((5 * deviation) / Math.sqrt(n))

  it.each(['f32', 'f64'] as const)('have the moments of their distribution, in %s', (dtype) => {
    const u = w.uniform(w.key(1), [n], { low: -2, high: 4, dtype })
    near(w.mean(u).item(), 1, Math.sqrt(3))
    near(w.variance(u).item(), 3, Math.sqrt(7.2))
    const z = w.normal(w.key(2), [n], { dtype })
    near(w.mean(z).item(), 0, 1)
    near(w.mean(z.square()).item(), 1, Math.SQRT2)
    near(w.mean(z.pow(4)).item(), 3, Math.sqrt(96))
    near(w.mean(w.bernoulli(w.key(3), 0.3, [n])).item(), 0.3, Math.sqrt(0.21))
    for (const p of [-2, -1, 0, 1, 2]) {
      const phi = 0.5 * (1 + w.erf(w.tensor(p / Math.SQRT2, { dtype: 'f64' })).item())
      near(w.mean(z.less(p)).item(), phi, Math.sqrt(phi * (1 - phi)))
    }
  })

  it('are finite at both ends', () => {
    const z = w.normal(w.key(4), [n]).dataSync()
    expect(z.every(Number.isFinite)).toBe(true)
    expect([...w.bernoulli(w.key(1), 0, [9]).dataSync()]).toEqual(Array(9).fill(0))
    expect([...w.bernoulli(w.key(1), 1, [9]).dataSync()]).toEqual(Array(9).fill(1))
  })

  it('check their options', () => {
    expect(() => w.uniform(w.key(0), [1], { low: 1, high: 0 })).toThrow(w.ValueError)
    expect(() => w.bernoulli(w.key(0), 1.5, [1])).toThrow('bernoulli: p must be a probability from 0 to 1, got 1.5.')
    expect(() => w.normal(w.key(0), [1], { dtype: 'i32' })).toThrow(w.DTypeError)
    expect(() => w.uniform(w.key(0), [-1])).toThrow(w.ShapeError)
  })
})

describe('permutation', () => {
  test.prop([keys, fc.nat({ max: 60 })])('holds each integer once', (from, n) => {
    const order = [...w.permutation(from, n).dataSync()]
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
  })

  it('takes every order equally often', () => {
    const counts = new Map<string, number>()
    const runs = 12_000
    for (let i = 0; i < runs; i++) {
      const order = w
        .permutation(w.fold(w.key(9), i), 4)
        .dataSync()
        .join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    const expected = runs / 24
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 23 degrees of freedom: beyond 60 once in forty thousand.
    expect(chiSquared).toBeLessThan(60)
  })
})
