import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { contiguous, isContiguous, type Layout, reshapeLayout, sliceLayout, transposeLayout } from './layout.ts'
import { sizeOf } from './shape.ts'

const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })

/** Buffer positions of the elements in row-major order. */
function positions({ shape, strides, offset }: Layout): number[] {
  return shape.reduce<number[]>(
    (all, n, axis) => all.flatMap((p) => Array.from({ length: n }, (_, i) => p + i * (strides[axis] as number))),
    [offset],
  )
}

describe('layouts', () => {
  test.prop([
    sizes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray(
          shape.map((_, i) => i),
          { minLength: shape.length },
        ),
        fc.subarray(shape.map((_, i) => i)),
      ),
    ),
    fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 5 }),
  ])('reshape without a copy only where the order of elements allows it', ([shape, order, backwards], wanted) => {
    const start = shape.map((n, i) => (backwards.includes(i) ? n - 1 : 0))
    const step = shape.map((_, i) => (backwards.includes(i) ? -1 : 1))
    const layout = transposeLayout(sliceLayout(contiguous(shape), shape, start, step), order)
    const size = sizeOf(shape)
    const known = sizeOf(wanted)
    const target = known > 0 && size % known === 0 ? [...wanted, size / known] : [size]
    const reshaped = reshapeLayout(layout, target)
    if (isContiguous(layout)) expect(reshaped).not.toBeNull()
    if (reshaped) {
      expect(reshaped.shape).toEqual(target)
      expect(positions(reshaped)).toEqual(positions(layout))
    }
  })

  test.prop([sizes])('are contiguous exactly when they count up', (shape) => {
    const layout = contiguous(shape)
    expect(isContiguous(layout)).toBe(true)
    expect(positions(layout)).toEqual(Array.from({ length: sizeOf(shape) }, (_, i) => i))
  })
})
