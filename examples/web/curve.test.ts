import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Curve, type CurvePoint } from './curve.ts'

const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 300 })

function recorded(values: readonly number[], capacity: number): readonly CurvePoint[] {
  const curve = new Curve(capacity)
  values.forEach((value, i) => {
    curve.add(i + 1, value)
  })
  return curve.points
}

it('keeps every value while there is room', () => {
  expect(recorded([3, 1, 2], 4).map(({ from, to, mean }) => [from, to, mean])).toEqual([
    [1, 1, 3],
    [2, 2, 1],
    [3, 3, 2],
  ])
})

it('makes two points into one when it is full', () => {
  const shown = recorded([1, 3, 5, 7, 9], 4).map(({ from, to, mean, count }) => [from, to, mean, count])
  expect(shown).toEqual([
    [1, 2, 2, 2],
    [3, 4, 6, 2],
    [5, 5, 9, 1],
  ])
})

it('stays small, covers every step once, in order, and forgets neither mean nor extremes', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 2, max: 50 }), (values, capacity) => {
      const points = recorded(values, capacity)
      expect(points.length).toBeLessThanOrEqual(capacity)
      let next = 1
      for (const { from, to, count, mean, least, greatest } of points) {
        const held = values.slice(from - 1, to)
        expect([from, count]).toEqual([next, held.length])
        expect(mean).toBeCloseTo(held.reduce((a, b) => a + b, 0) / held.length, 9)
        expect([least, greatest]).toEqual([Math.min(...held), Math.max(...held)])
        next = to + 1
      }
      expect(next).toBe(values.length + 1)
    }),
  )
})

it('keeps more than half of its room in use, so that curves stay fine', () => {
  expect(recorded(new Array(1000).fill(1), 200).length).toBeGreaterThan(100)
})
