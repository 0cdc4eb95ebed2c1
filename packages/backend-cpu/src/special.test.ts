import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { erf, erfc, erfInv, hypot, round, sigmoid, softplus, toI32 } from './special.ts'

/** Relative error, or absolute where the truth is 0. */
const error = (actual: number, truth: number): number => Math.abs(actual - truth) / (Math.abs(truth) || 1)

describe('erf', () => {
  // From a computation with 50 digits.
  it.each([
    [1e-9, 1.128379167095512643797e-9],
    [0.1, 0.1124629160182848922],
    [0.5, 0.52049987781304653768],
    [0.84375, 0.767225661232341633458978160274],
    [1, 0.84270079294971486934],
    [1.25, 0.92290012825645823014],
    [2, 0.99532226501895273416],
    [3, 0.99997790950300141456],
    [4, 0.99999998458274209972],
    [5.5, 0.99999999999999264215],
  ])('of %d', (x, truth) => {
    expect(error(erf(x), truth)).toBeLessThan(3e-16)
    expect(erf(-x)).toBe(-erf(x))
  })

  test.prop([fc.double({ min: -7, max: 7, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })])(
    'rises',
    (x, by) => {
      expect(erf(x + by)).toBeGreaterThanOrEqual(erf(x))
    },
  )

  it('has its limits', () => {
    expect([erf(0), erf(Number.POSITIVE_INFINITY), erf(Number.NEGATIVE_INFINITY), erf(Number.NaN)]).toEqual([
      0,
      1,
      -1,
      Number.NaN,
    ])
  })
})

describe('erfc', () => {
  // From a computation with 50 digits.
  it.each([
    [-2.5, 1.999593047982555041060436],
    [-1, 1.842700792949714869341221],
    [-0.5, 1.520499877813046537682747],
    [0.1, 0.8875370839817151015952877],
    [0.3, 0.671373240540872583810382],
    [0.7, 0.3221988061625815577231418],
    [0.9, 0.2030917875771678603353338],
    [1.2, 0.08968602177036463163406821],
    [1.25, 0.07709987174354176986347652],
    [2, 0.004677734981047265837930744],
    [2.857, 0.00005335826008684637112430256],
    [5, 1.537459794428034850188343e-12],
    [10, 2.088487583762544757000786e-45],
    [26, 5.663192408856142846475728e-296],
  ])('of %d', (x, truth) => {
    expect(error(erfc(x), truth)).toBeLessThan(5e-16)
  })

  test.prop([fc.double({ min: -30, max: 30, noNaN: true })])('complements erf', (x) => {
    expect(Math.abs(erfc(x) + erf(x) - 1)).toBeLessThan(3e-16)
    expect(Math.abs(erfc(x) + erfc(-x) - 2)).toBeLessThan(5e-16)
  })

  it('has its limits', () => {
    expect([0, 28, 1e4, -28, -1e4, Number.NaN].map(erfc)).toEqual([1, 0, 0, 2, 2, Number.NaN])
    expect([erfc(Number.POSITIVE_INFINITY), erfc(Number.NEGATIVE_INFINITY)]).toEqual([0, 2])
  })
})

describe('erfInv', () => {
  // Moving y by one unit in the last place moves x by this much.
  const spacing = (x: number): number => Number.EPSILON * (1 + Math.exp(x * x))

  test.prop([fc.double({ min: -5.5, max: 5.5, noNaN: true })])('undoes erf', (x) => {
    expect(Math.abs(erfInv(erf(x)) - x)).toBeLessThan(4 * spacing(x))
  })

  test.prop([fc.double({ min: -1 + 2 ** -40, max: 1 - 2 ** -40, noNaN: true })])('is undone by erf', (y) => {
    expect(Math.abs(erf(erfInv(y)) - y)).toBeLessThan(1e-15 * Math.abs(y) + Number.MIN_VALUE * 4)
  })

  it('has its limits', () => {
    expect([erfInv(1), erfInv(-1), erfInv(0)]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0])
    expect([erfInv(1.1), erfInv(Number.NaN)]).toEqual([Number.NaN, Number.NaN])
  })
})

describe('sigmoid and softplus', () => {
  test.prop([fc.double({ min: -700, max: 700, noNaN: true })])('keep their digits in both tails', (x) => {
    expect(sigmoid(x) + sigmoid(-x)).toBeCloseTo(1, 14)
    expect(softplus(x) - softplus(-x)).toBeCloseTo(x, 12)
    if (x < -40) expect(error(sigmoid(x), Math.exp(x))).toBeLessThan(1e-15)
    if (x < -40) expect(error(softplus(x), Math.exp(x))).toBeLessThan(1e-15)
  })

  it('keep NaN', () => {
    expect([sigmoid(Number.NaN), softplus(Number.NaN)]).toEqual([Number.NaN, Number.NaN])
  })
})

test.prop([fc.oneof(fc.double(), fc.integer())])('conversion to integers truncates and saturates', (x) => {
  const truth = Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), -2147483648), 2147483647)
  expect(toI32(x) + 0).toBe(truth + 0)
})

describe('hypot', () => {
  const whole = fc.integer({ min: -1000, max: 1000 })

  test.prop([whole, whole, fc.integer({ min: -1000, max: 1000 })])('is a length, at any scale', (a, b, k) => {
    const [x, y] = [a * 2 ** k, b * 2 ** k]
    expect(hypot(x, y)).toBe(Math.sqrt(a * a + b * b) * 2 ** k)
    expect(hypot(y, -x)).toBe(hypot(x, y))
  })

  it('has its limits', () => {
    expect(hypot(0, -0)).toBe(0)
    expect(error(hypot(3e200, 4e200), 5e200)).toBeLessThan(3e-16)
    expect(hypot(Number.NEGATIVE_INFINITY, Number.NaN)).toBe(Number.POSITIVE_INFINITY)
    expect(hypot(Number.NaN, 1)).toBeNaN()
    expect(hypot(0, 5e-324)).toBe(5e-324)
    expect(hypot(Number.MAX_VALUE, Number.MAX_VALUE)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('round', () => {
  it('takes the even one of two nearest integers', () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5].map(round)).toEqual([-2, -2, -0, 0, 2, 2, 4])
  })

  test.prop([fc.double()])('takes the nearest integer', (x) => {
    const y = round(x)
    if (!Number.isFinite(x)) expect(y).toBe(x)
    else {
      expect(Number.isInteger(y)).toBe(true)
      expect(Math.abs(y - x)).toBeLessThanOrEqual(0.5)
    }
  })
})
