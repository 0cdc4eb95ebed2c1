import type { Shape } from '@wengert/core'
import fc from 'fast-check'

export interface ShapesOptions {
  /** @default 0 */
  readonly minRank?: number
  /** @default 3 */
  readonly maxRank?: number
  /** Least size of an axis; 0 lets empty tensors in. @default 1 */
  readonly minSize?: number
  /** @default 4 */
  readonly maxSize?: number
}

/** Shapes; they shrink to scalars and to small axes. */
export function shapes({
  minRank = 0,
  maxRank = 3,
  minSize = 1,
  maxSize = 4,
}: ShapesOptions = {}): fc.Arbitrary<Shape> {
  return fc.array(fc.integer({ min: minSize, max: maxSize }), { minLength: minRank, maxLength: maxRank })
}

/** Two shapes that broadcast together: each axis of either may be 1, and either may lack leading axes. */
export function broadcastableShapes(options: ShapesOptions = {}): fc.Arbitrary<readonly [Shape, Shape]> {
  return shapes(options).chain((shape) => {
    const thinned = fc
      .tuple(fc.tuple(...shape.map(() => fc.boolean())), fc.nat({ max: shape.length }))
      .map(([ones, cut]): Shape => shape.map((n, i) => (ones[i] ? 1 : n)).slice(cut))
    return fc.tuple(thinned, thinned).filter(([a, b]) => a.length > 0 || b.length > 0 || shape.length === 0)
  })
}

export interface MatmulShapesOptions {
  /** Axes before the last two. @default 2 */
  readonly maxBatch?: number
  /** Whether either operand may be a vector. @default true */
  readonly vectors?: boolean
  /** Least size of an axis. @default 1 */
  readonly minSize?: number
  /** @default 4 */
  readonly maxSize?: number
}

/** Two shapes that `matmul` takes: [...A, M, K] and [...B, K, N] with A and B that broadcast, or vectors [K]. */
export function matmulShapes({
  maxBatch = 2,
  vectors = true,
  minSize = 1,
  maxSize = 4,
}: MatmulShapesOptions = {}): fc.Arbitrary<readonly [Shape, Shape]> {
  const size = fc.integer({ min: minSize, max: maxSize })
  const vector = vectors ? fc.boolean() : fc.constant(false)
  const batches = broadcastableShapes({ maxRank: maxBatch, minSize, maxSize })
  return fc
    .tuple(batches, size, size, size, vector, vector)
    .map(([[a, b], m, k, n, row, column]) => [row ? [k] : [...a, m, k], column ? [k] : [...b, k, n]])
}

/** An axis of tensors of a rank, from the front or, negative, from the back. The rank must be at least 1. */
export function axes(rank: number): fc.Arbitrary<number> {
  return fc.integer({ min: -rank, max: rank - 1 }).map((axis) => (axis === 0 ? 0 : axis))
}

/** Distinct axes of tensors of a rank, in any order, none to all of them, from the front or from the back. */
export function axisLists(rank: number): fc.Arbitrary<readonly number[]> {
  return fc
    .tuple(
      fc.shuffledSubarray(Array.from({ length: rank }, (_, i) => i)),
      fc.array(fc.boolean(), { minLength: rank, maxLength: rank }),
    )
    .map(([list, back]) => list.map((axis, i) => (back[i] ? axis - rank : axis)))
}
