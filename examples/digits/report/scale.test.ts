import fc from 'fast-check'
import { expect, it } from 'vitest'
import { accuracyScale, countTicks, logScale, type Scale } from './scale.ts'

function expectOnAxis(scale: Scale, values: readonly number[]): void {
  const positions = values.toSorted((a, b) => a - b).map((value) => scale.position(value))
  expect(positions.every((position) => position >= 0 && position <= 1 + 1e-9)).toBe(true)
  expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  expect(scale.ticks.every(({ value }) => scale.position(value) <= 1 + 1e-9)).toBe(true)
}

it('puts every loss on the axis, in order', () => {
  const losses = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 })
  fc.assert(fc.property(losses, (values) => expectOnAxis(logScale(values), values)))
})

it('puts every accuracy on the axis, in order', () => {
  const share = fc.tuple(
    fc.integer({ min: 1, max: 20_000 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }),
  )
  fc.assert(
    fc.property(share, ([examples, shares]) => {
      const values = shares.map((share) => Math.round(share * examples) / examples)
      expectOnAxis(accuracyScale(values, examples), values)
    }),
  )
})

it('labels round numbers only', () => {
  expect(logScale([2.3, 0.04]).ticks.map(({ label }) => label)).toEqual(['0.05', '0.1', '0.2', '0.5', '1', '2'])
  expect(accuracyScale([0.62, 0.984], 359).ticks.map(({ label }) => label)).toEqual([
    '50 %',
    '80 %',
    '90 %',
    '95 %',
    '98 %',
    '99 %',
  ])
})

it('counts in round, equal steps', () => {
  expect(countTicks(30)).toEqual([0, 5, 10, 15, 20, 25, 30])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e7 }), (count) => {
      const ticks = countTicks(count)
      const [, step = 1] = ticks
      expect(ticks.length).toBeLessThanOrEqual(7)
      expect(step.toString()).toMatch(/^[125]0*$/)
      expect(ticks).toEqual(ticks.map((_, i) => i * step))
      expect(count - (ticks.at(-1) as number)).toBeLessThan(step)
    }),
  )
})
