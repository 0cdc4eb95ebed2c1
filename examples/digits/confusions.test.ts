import fc from 'fast-check'
import { expect, it } from 'vitest'
import { confusions } from './confusions.ts'

it('counts what was read as what', () => {
  expect(confusions([0, 1, 1, 0], [0, 1, 0, 0], 2)).toEqual([
    [2, 1],
    [0, 1],
  ])
})

it('counts every example once, in the row of its class', () => {
  const pair = fc.tuple(fc.nat(4), fc.nat(4))
  fc.assert(
    fc.property(fc.array(pair), (pairs) => {
      const [reads, labels] = [pairs.map(([read]) => read), pairs.map(([, label]) => label)]
      const counts = confusions(reads, labels, 5)
      const sums = counts.map((row) => row.reduce((a, b) => a + b, 0))
      expect(sums).toEqual([0, 1, 2, 3, 4].map((digit) => labels.filter((label) => label === digit).length))
      const right = counts.reduce((sum, row, digit) => sum + (row[digit] as number), 0)
      expect(right).toBe(pairs.filter(([read, label]) => read === label).length)
    }),
  )
})
