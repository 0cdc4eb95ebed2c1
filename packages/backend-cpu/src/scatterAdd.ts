import { type Program, type ScatterAddKernel, sizeOf } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'
import { mergeAxes, Odometer } from './strided.ts'

let totals = new Float64Array(0)

/** Adds one update after the other. Totals are kept in f64; integers wrap around. */
export function prepareScatterAdd({ dtype, n, updates, indices }: ScatterAddKernel): Program<CpuBuffer> {
  const [outer = 0, m = 0, inner = 0] = updates.shape
  const block = n * inner
  // Where the indices do not vary along the inner axis, one serves a whole row.
  const row = indices.strides[2] === 0 ? inner : 1
  const turning = row === inner ? 2 : 3
  const places = new Odometer(mergeAxes(indices.shape.slice(0, turning), indices.strides.slice(0, turning)))
  const empty = sizeOf(updates.shape) === 0
  const run: Program<CpuBuffer>['run'] = ([source, where], _, output) => {
    const data = (source as CpuBuffer).data
    const at = (where as CpuBuffer).data
    const out = output.data
    if (empty) {
      out.fill(0)
      return
    }
    const wide = dtype === 'f32'
    if (wide && totals.length < block) totals = new Float64Array(block)
    places.reset()
    let from = 0
    for (let o = 0; o < outer; o++) {
      const sums = wide ? totals.subarray(0, block) : out.subarray(o * block, (o + 1) * block)
      sums.fill(0)
      for (let j = 0; j < m; j++)
        for (let i = 0; i < inner; i += row, from += row, places.next()) {
          const k = at[indices.offset + places.position] as number
          if (k < 0 || k >= n) continue
          const to = k * inner + i
          for (let r = 0; r < row; r++) sums[to + r] = (sums[to + r] as number) + (data[from + r] as number)
        }
      if (wide) out.set(sums, o * block)
    }
  }
  return { run }
}
