import { type Shape, sizeOf } from './shape.ts'

/** How a tensor lies in a buffer: element (i, j, …) stands at offset + i·strides[0] + j·strides[1] + … */
export interface Layout {
  readonly shape: Shape
  readonly strides: readonly number[]
  readonly offset: number
}

/** Row-major layout of a whole buffer. */
export function contiguous(shape: Shape): Layout {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i] as number
  }
  return { shape, strides, offset: 0 }
}

/** True when the elements lie in row-major order from the start of the buffer. */
export function isContiguous({ shape, strides, offset }: Layout): boolean {
  if (offset !== 0) return false
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = shape[i] as number
    if (n === 0) return true
    if (n !== 1 && strides[i] !== stride) return false
    stride *= n
  }
  return true
}

/** Repeats axes of size 1, and adds leading axes, with stride 0. */
export function broadcastLayout(layout: Layout, shape: Shape): Layout {
  const lead = shape.length - layout.shape.length
  const strides = shape.map((n, i) =>
    i < lead || layout.shape[i - lead] !== n ? 0 : (layout.strides[i - lead] as number),
  )
  return { shape, strides, offset: layout.offset }
}

/** Axes in the order of `permutation`. */
export function transposeLayout(layout: Layout, permutation: readonly number[]): Layout {
  return {
    shape: permutation.map((axis) => layout.shape[axis] as number),
    strides: permutation.map((axis) => layout.strides[axis] as number),
    offset: layout.offset,
  }
}

/** Every `step`-th element from `start` along each axis; a negative step walks backwards. */
export function sliceLayout(layout: Layout, shape: Shape, start: readonly number[], step: readonly number[]): Layout {
  let offset = layout.offset
  if (sizeOf(shape) > 0)
    for (let i = 0; i < start.length; i++) offset += (start[i] as number) * (layout.strides[i] as number)
  return { shape, strides: layout.strides.map((s, i) => s * (step[i] as number)), offset }
}

/** The same elements in another shape, or null where only a copy can do it. */
export function reshapeLayout(layout: Layout, shape: Shape): Layout | null {
  if (sizeOf(shape) === 0) return contiguous(shape)
  const strides = new Array<number>(shape.length).fill(0)
  let from = layout.shape.length - 1
  let to = shape.length - 1
  while (from >= 0 && to >= 0) {
    if (layout.shape[from] === 1) {
      from--
      continue
    }
    if (shape[to] === 1) {
      to--
      continue
    }
    // One group: the fewest trailing axes of both sides that hold equally many elements.
    let fromSize = layout.shape[from] as number
    const inner = layout.strides[from] as number
    while (true) {
      let toSize = 1
      let t = to
      while (t >= 0 && toSize < fromSize) toSize *= shape[t--] as number
      if (toSize === fromSize) {
        let stride = inner
        for (; to > t; to--) {
          strides[to] = stride
          stride *= shape[to] as number
        }
        from--
        break
      }
      const outer = from - 1
      if (outer < 0) return null
      const n = layout.shape[outer] as number
      if (n !== 1 && layout.strides[outer] !== inner * fromSize) return null
      fromSize *= n
      from = outer
    }
  }
  return { shape, strides, offset: layout.offset }
}
