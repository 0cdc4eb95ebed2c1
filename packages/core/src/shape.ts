import { describe, ShapeError } from './errors.ts'

/** Sizes of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[]

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const n of shape) size *= n
  return size
}

/** Equal ranks and sizes. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Index of the element at a position in row-major order. */
export function indexAt(shape: Shape, position: number): number[] {
  const index: number[] = []
  let rest = position
  for (const n of shape.toReversed()) {
    index.unshift(rest % n)
    rest = Math.floor(rest / n)
  }
  return index
}

/** ` at [1, 0]`: where in a tensor an element stands, for messages; nothing for a scalar. */
export function showPlace(shape: Shape, position: number): string {
  return shape.length > 0 ? ` at ${showShape(indexAt(shape, position))}` : ''
}

/** `[2, 3]`: how a shape stands in messages. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** Broadcast of two shapes (NumPy rules), or null where they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | null {
  if (sameShape(a, b) || b.length === 0) return a
  if (a.length === 0) return b
  const rank = Math.max(a.length, b.length)
  const shape = new Array<number>(rank)
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1
    const n = b[b.length - i] ?? 1
    if (m !== n && m !== 1 && n !== 1) return null
    shape[rank - i] = m === 1 ? n : m
  }
  return shape
}

/** Checks that an argument is an array, as shapes are; what it consists of is not looked at. */
export function checkList(fn: string, name: string, list: readonly number[]): void {
  if (!Array.isArray(list)) throw new ShapeError(`${fn}: ${name} must be an array of integers, got ${describe(list)}.`)
}

/** Checks that a shape consists of non-negative integers. */
export function checkShape(fn: string, shape: Shape): void {
  checkList(fn, 'shape', shape)
  for (const n of shape)
    if (!Number.isInteger(n) || n < 0)
      throw new ShapeError(`${fn}: shape must consist of non-negative integers, got ${showShape(shape)}.`)
}

/** Index of one axis, counted from the front; negative axes count from the back. */
export function axisIndex(fn: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ShapeError(
      `${fn}: axis must be an integer from ${-rank} to ${rank - 1} for a tensor of rank ${rank}, got ${axis}.`,
    )
  return axis < 0 ? axis + rank : axis
}

/** Sorted, unique, non-negative axes; `undefined` means all of them. */
export function axisList(fn: string, axis: number | readonly number[] | undefined, rank: number): readonly number[] {
  if (axis === undefined) return Array.from({ length: rank }, (_, i) => i)
  if (!Array.isArray(axis)) return [axisIndex(fn, axis as number, rank)]
  const axes = axis.map((a) => axisIndex(fn, a, rank)).sort((a, b) => a - b)
  if (new Set(axes).size !== axes.length)
    throw new ShapeError(`${fn}: axis must not repeat an axis, got ${showShape(axis)}.`)
  return axes
}
