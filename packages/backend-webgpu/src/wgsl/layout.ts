import type { Layout } from '@wengert/core'

/** Axes of several layouts of one shape, merged where one stride covers two of them in each layout. */
export interface JointAxes {
  readonly sizes: readonly number[]
  /** For each layout its stride along each axis. */
  readonly strides: readonly (readonly number[])[]
}

/** Leaves out axes of size 1 and merges neighbours that every layout walks as one. */
export function mergeAxes(shape: readonly number[], layouts: readonly (readonly number[])[]): JointAxes {
  const sizes: number[] = []
  const strides: number[][] = layouts.map(() => [])
  shape.forEach((size, axis) => {
    if (size === 1) return
    const last = sizes.length - 1
    const step = (layout: number): number => layouts[layout]?.[axis] as number
    if (last >= 0 && strides.every((of, layout) => of[last] === step(layout) * size)) {
      sizes[last] = (sizes[last] as number) * size
      strides.forEach((of, layout) => void of.splice(last, 1, step(layout)))
    } else {
      sizes.push(size)
      strides.forEach((of, layout) => void of.push(step(layout)))
    }
  })
  return { sizes, strides }
}

/** WGSL for the position, in its buffer, of the element that stands at `index` in row-major order. */
export function positionOf({ shape, strides, offset }: Layout, index: string): string {
  const axes = mergeAxes(shape, [strides])
  return position(axes.sizes, axes.strides[0] ?? [], offset, index)
}

/** The same for axes that are merged already. Unsigned numbers wrap around, so negative strides need nothing special. */
export function position(sizes: readonly number[], strides: readonly number[], offset: number, index: string): string {
  // Of a layout without elements no position is ever asked for, but a constant division by zero would not compile.
  if (sizes.includes(0)) return '0u'
  let text = ''
  let inner = 1
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const size = sizes[axis] as number
    const stride = strides[axis] as number
    if (stride !== 0) {
      const quotient = inner === 1 ? index : `${index} / ${inner}u`
      const coordinate = axis === 0 ? quotient : inner === 1 ? `${index} % ${size}u` : `(${quotient}) % ${size}u`
      const term = Math.abs(stride) === 1 ? `(${coordinate})` : `(${coordinate}) * ${Math.abs(stride)}u`
      text += `${stride < 0 ? ' - ' : ' + '}${term}`
    }
    inner *= size
  }
  if (offset !== 0 || text.startsWith(' - ')) return `${offset}u${text}`
  return text === '' ? '0u' : text.slice(3)
}
