import fc from 'fast-check'
import { expect, it } from 'vitest'
import { placeLabels } from './labels.ts'

it('stands labels where they belong, side by side or in the next row', () => {
  const labels = ['svmLoss', 'cpu', 'webgpu', 'none'].map((text, i) => ({ at: [10, 30, 200, 202][i] as number, text }))
  expect(placeLabels(labels, 230, 2).map(({ text, left, row }) => [text, Math.round(left), row])).toEqual([
    ['svmLoss', 10, 0],
    ['cpu', 30, 1],
    ['webgpu', 190, 0],
    ['none', 202, 1],
  ])
})

it('never lets one cover another, or go beyond the edge', () => {
  const label = fc.record({ at: fc.integer({ min: 50, max: 500 }), text: fc.constantFrom('cpu', 'rootedCrossEntropy') })
  fc.assert(
    fc.property(fc.array(label), (labels) => {
      const placed = placeLabels(
        labels.toSorted((a, b) => a.at - b.at),
        500,
        2,
      )
      for (const row of [0, 1]) {
        const inRow = placed.filter((label) => label.row === row)
        inRow.forEach(({ at, left, text }, i) => {
          expect(left).toBeLessThanOrEqual(at)
          expect(left + 6 * text.length).toBeLessThanOrEqual(inRow[i + 1]?.left ?? 500)
        })
      }
      if (labels.length > 0) expect(placed.length).toBeGreaterThan(0)
    }),
  )
})
