import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { ulpDistance } from './index.ts'
import { ulpOf } from './ulps.ts'

const inf = Number.POSITIVE_INFINITY
const doubles = fc.double({ noNaN: true })
const singles = fc.float({ noNaN: true })
/** Each dtype with its numbers, its largest one and its smallest above 0. */
const rows = [
  { dtype: 'f64', numbers: doubles, largest: Number.MAX_VALUE, smallest: Number.MIN_VALUE, bits: 52 },
  { dtype: 'f32', numbers: singles, largest: (2 - 2 ** -23) * 2 ** 127, smallest: 2 ** -149, bits: 23 },
] as const

describe.each(rows)('ulpDistance in $dtype', ({ dtype, numbers, largest, smallest, bits }) => {
  const distance = (a: number, b: number): number => ulpDistance(a, b, { dtype })

  test.prop([numbers, numbers])('is a symmetric distance, 0 just for equal numbers', (a, b) => {
    expect(distance(a, b)).toBe(distance(b, a))
    expect(distance(a, b) === 0).toBe(a === b)
    expect(distance(-a, -b)).toBe(distance(a, b))
  })

  test.prop([numbers, numbers, numbers])('adds up between ordered numbers, across 0 as well', (...three) => {
    const [a, b, c] = three.sort((x, y) => x - y) as [number, number, number]
    // Distances beyond 2^53 are rounded.
    expect(Math.abs(distance(a, b) + distance(b, c) - distance(a, c))).toBeLessThanOrEqual(distance(a, c) * 2 ** -51)
  })

  test.prop([fc.integer({ min: -100, max: 100 }), fc.nat({ max: 1000 })])(
    'counts the numbers passed within a power of two',
    (exponent, k) => {
      const ulp = 2 ** (exponent - bits)
      const from = 2 ** exponent
      expect(distance(from, from + k * ulp)).toBe(k)
      expect(ulpOf(from, { dtype })).toBe(ulp)
    },
  )

  it('counts subnormals, and steps on both sides of 0', () => {
    expect(distance(0, smallest)).toBe(1)
    expect(distance(-0, 0)).toBe(0)
    expect(distance(-smallest, smallest)).toBe(2)
    expect(distance(-3 * smallest, 4 * smallest)).toBe(7)
    expect(ulpOf(0, { dtype })).toBe(smallest)
    expect(ulpOf(smallest, { dtype })).toBe(smallest)
  })

  it('has infinity next to the largest number, and NaN away from all but itself', () => {
    expect(distance(largest, inf)).toBe(1)
    expect(distance(inf, inf)).toBe(0)
    expect(distance(-inf, inf)).toBe(2 * distance(0, inf))
    expect(distance(Number.NaN, Number.NaN)).toBe(0)
    for (const x of [0, 1, -inf, inf]) expect([distance(x, Number.NaN), distance(Number.NaN, x)]).toEqual([inf, inf])
  })
})

test.prop([doubles, doubles])('f32 distances round both numbers first', (a, b) => {
  const rounded = ulpDistance(Math.fround(a), Math.fround(b), { dtype: 'f32' })
  expect(ulpDistance(a, b, { dtype: 'f32' })).toBe(rounded)
})
