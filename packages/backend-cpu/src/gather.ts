import { type GatherKernel, type Program, sizeOf } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'
import { mergeAxes, Odometer } from './strided.ts'

/** Looks up one element at a time, or a whole row where the indices do not vary along the inner axis. */
export function prepareGather({ input, indices, outside }: GatherKernel): Program<CpuBuffer> {
  const [, n = 0, inner = 0] = input.shape
  const [outer = 0, m = 0] = indices.shape
  const size = sizeOf(indices.shape)
  const missing = outside === 'zero' ? 0 : Number.NaN
  const rows = indices.strides[2] === 0 || inner === 1
  const axes = mergeAxes(indices.shape.slice(0, rows ? 2 : 3), indices.strides.slice(0, rows ? 2 : 3))
  const places = new Odometer(axes)
  const inOrder = inner === 1 && axes.sizes.length === 1 && axes.strides[0] === 1
  const run: Program<CpuBuffer>['run'] = ([source, where], _, [output]) => {
    if (size === 0) return
    const data = (source as CpuBuffer).data
    const at = (where as CpuBuffer).data
    const out = (output as CpuBuffer).data
    if (inOrder) {
      // One plain loop: single elements, with indices that lie in order.
      let from = indices.offset
      for (let o = 0, to = 0; o < outer; o++) {
        const first = o * n
        for (const end = to + m; to < end; to++, from++) {
          const k = at[from] as number
          out[to] = k < 0 || k >= n ? missing : (data[first + k] as number)
        }
      }
      return
    }
    places.reset()
    let to = 0
    for (let o = 0; o < outer; o++) {
      const first = o * n * inner
      for (let j = 0; j < m; j++)
        if (rows) {
          const k = at[indices.offset + places.position] as number
          const from = first + k * inner
          if (k < 0 || k >= n) out.fill(missing, to, to + inner)
          else if (inner === 1) out[to] = data[from] as number
          else out.set(data.subarray(from, from + inner), to)
          to += inner
          places.next()
        } else
          for (let i = 0; i < inner; i++, to++, places.next()) {
            const k = at[indices.offset + places.position] as number
            out[to] = k < 0 || k >= n ? missing : (data[first + k * inner + i] as number)
          }
    }
  }
  return { run }
}
