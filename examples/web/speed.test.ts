import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Speed } from './speed.ts'

it('knows the speed of what is regular', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.5, max: 5000, noNaN: true }), fc.integer({ min: 2, max: 2000 }), (every, count) => {
      const speed = new Speed()
      for (let i = 0; i < count; i++) speed.record(1e6 + i * every)
      expect((speed.perSecond() as number) / (1000 / every)).toBeCloseTo(1, 3)
    }),
  )
})

it('forgets what was long ago, and what was before a pause', () => {
  const speed = new Speed()
  expect(speed.perSecond()).toBeNull()
  for (let i = 0; i < 100; i++) speed.record(i)
  for (let i = 0; i < 100; i++) speed.record(5000 + 100 * i)
  expect(speed.perSecond()).toBeCloseTo(10)
  speed.clear()
  expect(speed.perSecond()).toBeNull()
  speed.record(9e9)
  expect(speed.perSecond()).toBeNull()
})
