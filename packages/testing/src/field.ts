import type { Shape, Tensor } from '@wengert/core'

/**
 * The oracle for shapes: an array as a function of its index. Slow and obvious; nothing of core's layouts,
 * broadcasting or kernels is used.
 */
export interface Field {
  readonly shape: Shape
  readonly at: (index: readonly number[]) => number
}

/** A tensor's values as a field. */
export function fieldOf(x: Tensor): Field {
  return arrayField(Array.from(x.dataSync()), x.shape)
}

export function arrayField(data: readonly number[], shape: Shape): Field {
  return { shape, at: (index) => data[index.reduce((position, i, axis) => position * (shape[axis] ?? 0) + i, 0)] ?? 0 }
}

/** Every index of a shape, in row-major order. */
export function indices(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, n) => all.flatMap((head) => Array.from({ length: n }, (_, i) => [...head, i])),
    [[]],
  )
}

/** The values in row-major order. */
export function valuesOf({ shape, at }: Field): number[] {
  return indices(shape).map(at)
}

/** Applies a scalar function elementwise, with NumPy's broadcasting. */
export function mapFields(f: (...values: number[]) => number, ...fields: readonly Field[]): Field {
  const rank = Math.max(...fields.map(({ shape }) => shape.length))
  const shape = Array.from({ length: rank }, (_, axis) => {
    const sizes = fields.map((field) => field.shape[field.shape.length - rank + axis] ?? 1)
    return sizes.find((n) => n !== 1) ?? 1
  })
  return {
    shape,
    at: (index) =>
      f(
        ...fields.map((field) => {
          const own = index.slice(rank - field.shape.length)
          return field.at(own.map((i, axis) => (field.shape[axis] === 1 ? 0 : i)))
        }),
      ),
  }
}

/** Reduces axes with a function of all the values that fall together. */
export function reduceField(
  f: (values: number[]) => number,
  field: Field,
  axes: readonly number[],
  keepDims = false,
): Field {
  const kept = field.shape.map((_, axis) => !axes.includes(axis))
  const inner = indices(field.shape.map((n, axis) => (kept[axis] ? 1 : n)))
  const shape = field.shape.flatMap((n, axis) => (kept[axis] ? [n] : keepDims ? [1] : []))
  return {
    shape,
    at: (index) => {
      let next = 0
      const base = field.shape.map((_, axis) => (kept[axis] ? (index[keepDims ? axis : next++] ?? 0) : 0))
      return f(inner.map((offset) => field.at(base.map((i, axis) => i + (offset[axis] ?? 0)))))
    },
  }
}

/** Largest difference of two lists in units of `scale`, which is at least 1; NaN and infinities must agree exactly. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let worst = 0
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i] as number
    const b = expected[i] as number
    if (Object.is(a, b) || a === b) continue
    const difference = Math.abs(a - b) / Math.max(1, Math.abs(b))
    if (!(difference < Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY
    worst = Math.max(worst, difference)
  }
  return worst
}

/** Checks a tensor against a field: shape exactly, values within a relative tolerance. */
export function agrees(x: Tensor, field: Field, tolerance = 1e-12): boolean {
  return x.shape.join() === field.shape.join() && distance(x.dataSync(), valuesOf(field)) <= tolerance
}
