import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawings } from './drawings.ts'
import { fullInk, pixelsOf, side } from './pixelsOf.ts'
import type { Point, Stroke } from './stroke.ts'

// Places whose sums and halves are exact, so that laws hold to the bit.
const place = fc.integer({ min: 0, max: 64 }).map((n) => n / 64)
const point = fc.record({ x: place, y: place })
const stroke = fc.array(point, { minLength: 1, maxLength: 8 })
const strokes = fc.array(stroke, { minLength: 1, maxLength: 4 })

const moved = (drawing: readonly Stroke[], move: (point: Point) => Point): Stroke[] =>
  drawing.map((stroke) => stroke.map(move))
const sum = (pixels: Float32Array): number => pixels.reduce((a, b) => a + b, 0)
const all = drawings.flat()

function extent(drawing: readonly Stroke[]): number {
  const [x, y] = [drawing.flat().map(({ x }) => x), drawing.flat().map(({ y }) => y)]
  return Math.max(Math.max(...x) - Math.min(...x), Math.max(...y) - Math.min(...y))
}

describe('pixelsOf', () => {
  it('takes an empty pad for paper', () => {
    expect([...pixelsOf([])]).toEqual(new Array(64).fill(0))
    expect(pixelsOf([[], []])).toEqual(pixelsOf([]))
  })

  it('gives 8 × 8 whole numbers from 0 to 16, some of them ink', () => {
    fc.assert(
      fc.property(strokes, (drawing) => {
        const pixels = pixelsOf(drawing)
        expect(pixels).toHaveLength(side * side)
        expect(pixels.every((ink) => Number.isInteger(ink) && ink >= 0 && ink <= fullInk)).toBe(true)
        expect(sum(pixels)).toBeGreaterThan(0)
      }),
    )
  })

  it('does not care where on the pad a digit is drawn', () => {
    fc.assert(
      fc.property(strokes, place, place, (drawing, dx, dy) => {
        expect(pixelsOf(moved(drawing, ({ x, y }) => ({ x: x + dx, y: y - dy })))).toEqual(pixelsOf(drawing))
      }),
    )
  })

  it('does not care how large it is drawn', () => {
    fc.assert(
      fc.property(strokes, fc.constantFrom(0.25, 0.5, 2), (drawing, scale) => {
        fc.pre(extent(drawing) * Math.min(scale, 1) >= 0.08)
        expect(pixelsOf(moved(drawing, ({ x, y }) => ({ x: scale * x, y: scale * y })))).toEqual(pixelsOf(drawing))
      }),
    )
    // Other scales round, which a dot or two may show.
    for (const drawing of all)
      for (const scale of [0.3, 0.7, 1.1]) {
        const scaled = pixelsOf(moved(drawing, ({ x, y }) => ({ x: scale * x, y: scale * y })))
        const before = pixelsOf(drawing)
        expect(sum(scaled.map((ink, i) => Math.abs(ink - (before[i] as number))))).toBeLessThanOrEqual(4)
      }
  })

  it('does not care in how many strokes a line is drawn, or which came first', () => {
    fc.assert(
      fc.property(strokes, (drawing) => {
        const pieces = drawing.flatMap((stroke) =>
          stroke.length > 1 ? stroke.slice(1).map((to, i) => [stroke[i] as Point, to]) : [stroke],
        )
        expect(pixelsOf(pieces.reverse())).toEqual(pixelsOf(drawing))
      }),
    )
  })

  it('puts a dot in the middle, and enlarges none that somebody meant', () => {
    fc.assert(
      fc.property(point, (at) => {
        const pixels = pixelsOf([[at]])
        const middle = [27, 28, 35, 36].map((i) => pixels[i])
        expect(new Set(middle).size).toBe(1)
        expect(middle[0]).toBeGreaterThan(12)
        // A disc of radius 5 has 25π dots.
        expect(Math.abs(sum(pixels) - 25 * Math.PI)).toBeLessThan(8)
      }),
    )
    const [small = 0, large = 0] = [0.01, 0.2].map((size) =>
      sum(
        pixelsOf([
          [
            { x: 0.5, y: 0.5 },
            { x: 0.5, y: 0.5 + size },
          ],
        ]),
      ),
    )
    expect(small).toBeLessThan(large / 2)
  })

  it('fills the room that digits of the data set fill: the height, and the width but for its edges', () => {
    for (const drawing of all) {
      const pixels = pixelsOf(drawing)
      const row = (y: number): Float32Array => pixels.subarray(side * y, side * (y + 1))
      const column = (x: number): Float32Array => pixels.filter((_, i) => i % side === x)
      expect(sum(row(0))).toBeGreaterThan(0)
      expect(sum(row(7))).toBeGreaterThan(0)
      expect(sum(column(0)) + sum(column(7))).toBe(0)
      expect(sum(pixels)).toBeGreaterThan(200)
      expect(sum(pixels)).toBeLessThan(440)
    }
  })

  it('stands slanted digits upright', () => {
    const differences = all.flatMap((drawing) =>
      [-0.25, -0.1, 0.1, 0.25].map((slant) => {
        const straight = pixelsOf(drawing)
        const slanted = pixelsOf(moved(drawing, ({ x, y }) => ({ x: x + slant * (0.5 - y), y })))
        return sum(straight.map((ink, i) => Math.abs(ink - (slanted[i] as number)))) / sum(straight)
      }),
    )
    // Left as they are drawn they would differ by a third of their ink.
    expect(differences.reduce((a, b) => a + b) / differences.length).toBeLessThan(0.12)
  })
})
