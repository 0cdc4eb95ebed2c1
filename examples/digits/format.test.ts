import { expect, it } from 'vitest'
import { deviation, duration, number, percent } from './format.ts'

it.each([
  [number(0), '0'],
  [number(0.06534), '0.0653'],
  [number(0.001), '0.00100'],
  [number(12.345), '12.3'],
  [number(4567.8), '4568'],
  [number(1.23e-7), '1.2e-7'],
  [number(98765), '9.9e+4'],
  [number(Number.NaN), 'NaN'],
  [percent(0.9876), '98.8 %'],
  [duration(0.0854), '85 ms'],
  [duration(4.06), '4.1 s'],
  [duration(127.9), '128 s'],
])('writes %s', (text, wanted) => {
  expect(text).toBe(wanted)
})

it('knows no deviation of a single value', () => {
  expect([deviation([3]), deviation([1, 3])]).toEqual([0, Math.SQRT2])
})
