import { type Layout, sizeOf } from '@wengert/core'
import { Odometer } from './strided.ts'

/** Where the elements of some axes lie, in row-major order and relative to the first. */
export function positions({ shape, strides }: Pick<Layout, 'shape' | 'strides'>): Int32Array<ArrayBuffer> {
  const odometer = new Odometer({ sizes: shape, strides })
  const found = new Int32Array(sizeOf(shape))
  for (let i = 0; i < found.length; i++, odometer.next()) found[i] = odometer.position
  return found
}
