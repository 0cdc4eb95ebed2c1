import { type Program, type RandomKernel, sizeOf, threefry } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'

/** Draws words block by block of the counter and turns them into the dtype asked for. */
export function prepareRandom({ dtype, shape }: RandomKernel): Program<CpuBuffer> {
  const size = sizeOf(shape)
  const run: Program<CpuBuffer>['run'] = (_, [k0 = 0, k1 = 0], [output]) => {
    const { data } = output as CpuBuffer
    for (let i = 0; i < size; ) {
      const counter = dtype === 'f64' ? i : i >>> 1
      const [first, second] = threefry(k0, k1, Math.floor(counter / 2 ** 32), counter >>> 0)
      if (dtype === 'f64') data[i++] = ((first >>> 5) * 2 ** 26 + (second >>> 6)) * 2 ** -53
      else {
        data[i++] = dtype === 'f32' ? (first >>> 8) * 2 ** -24 : first
        if (i < size) data[i++] = dtype === 'f32' ? (second >>> 8) * 2 ** -24 : second
      }
    }
  }
  return { run }
}
