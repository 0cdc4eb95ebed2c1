import type { FunctionBuilder, Local } from './assembler.ts'
import { i32 } from './instructions.ts'

/** An axis that several operands share: its size and how far apart the elements of each operand lie. */
export interface Axis {
  readonly size: number
  readonly strides: readonly number[]
}

/** The axes of a shape for several operands; neighbours are merged where one stride covers both for all of them. */
export function sharedAxes(shape: readonly number[], operands: readonly (readonly number[])[]): Axis[] {
  const axes: Axis[] = []
  shape.forEach((size, i) => {
    if (size === 1) return
    const strides = operands.map((operand) => operand[i] as number)
    const last = axes.at(-1)
    if (last?.strides.every((stride, k) => stride === size * (strides[k] as number)))
      axes[axes.length - 1] = { size: last.size * size, strides }
    else axes.push({ size, strides })
  })
  return axes
}

/** Pointers into operands, each with the bytes of its elements. */
export interface Pointer {
  readonly at: Local<'i32'>
  readonly bytes: number
}

/** Moves every pointer by a number of elements along an axis. */
export function step(f: FunctionBuilder, pointers: readonly Pointer[], { strides }: Axis, elements: number): void {
  pointers.forEach(({ at, bytes }, k) => {
    const by = (strides[k] as number) * elements * bytes
    if (by !== 0) f.advance(at, i32.const(by))
  })
}

/** Runs `body` for each position along some axes, the last turning fastest; the pointers end where they began. */
export function nest(f: FunctionBuilder, axes: readonly Axis[], pointers: readonly Pointer[], body: () => void): void {
  const [axis, ...rest] = axes
  if (!axis) {
    body()
    return
  }
  f.times(i32.const(axis.size), () => {
    nest(f, rest, pointers, body)
    step(f, pointers, axis, 1)
  })
  step(f, pointers, axis, -axis.size)
}
