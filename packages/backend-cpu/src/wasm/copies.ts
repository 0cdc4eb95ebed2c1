import type { ConcatKernel, MapKernel, Operand, PadKernel } from '@wengert/core'
import { rowMajor } from './map.ts'

/** A copy into a buffer: how far apart its elements are written, and where the first. */
export interface Part {
  readonly copy: MapKernel
  readonly strides: readonly number[]
  readonly offset: number
}

/** Brings the elements of an operand in order. */
export function copyOf(input: Operand): MapKernel {
  const { shape, dtype } = input
  return { kind: 'map', shape, dtype, inputs: [input], scalars: [], steps: [] }
}

function partOf(input: Operand, strides: readonly number[], offset: number): Part {
  return { copy: copyOf(input), strides, offset }
}

/** Where a pad puts its input among its zeros. */
export function paddedPart({ shape, input, low, interior }: PadKernel): Part {
  const strides = rowMajor(shape)
  const offset = strides.reduce((sum, stride, i) => sum + stride * (low[i] as number), 0)
  return partOf(
    input,
    strides.map((stride, i) => stride * ((interior[i] as number) + 1)),
    offset,
  )
}

/** Where a concat puts its inputs. */
export function joinedParts({ shape, axis, start, inputs }: ConcatKernel): Part[] {
  const strides = rowMajor(shape)
  let at = start
  return inputs.map((input) => {
    const part = partOf(input, strides, at * (strides[axis] as number))
    at += input.shape[axis] as number
    return part
  })
}
