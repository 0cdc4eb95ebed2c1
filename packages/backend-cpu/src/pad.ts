import type { PadKernel, Program } from '@wengert/core'
import { sizeOf } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'
import { Odometer } from './strided.ts'

/** Writes zeros, then each input element at its place. */
export function preparePad({ shape, input, low, interior }: PadKernel): Program<CpuBuffer> {
  const strides = new Array<number>(shape.length)
  let stride = 1
  let first = 0
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride * ((interior[i] as number) + 1)
    first += stride * (low[i] as number)
    stride *= shape[i] as number
  }
  const size = sizeOf(input.shape)
  const places = new Odometer({ sizes: input.shape, strides })
  const run: Program<CpuBuffer>['run'] = ([source], _, [output]) => {
    const data = (source as CpuBuffer).data
    const out = (output as CpuBuffer).data
    out.fill(0)
    places.reset()
    for (let i = 0; i < size; i++, places.next()) out[first + places.position] = data[i] as number
  }
  return { run }
}
