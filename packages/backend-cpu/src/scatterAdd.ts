import { type Program, type ScatterAddKernel, sizeOf, type TypedArray } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'
import { mergeAxes, Odometer } from './strided.ts'

// All 0 between runs.
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
  // Where few rows of many are met, as in a table of embeddings, no others are rounded and cleared.
  const few = row === inner && 2 * m <= n ? new Int32Array(m) : null
  const run: Program<CpuBuffer>['run'] = ([source, where], _, [output]) => {
    const data = (source as CpuBuffer).data
    const at = (where as CpuBuffer).data
    const out = (output as CpuBuffer).data
    if (empty) {
      out.fill(0)
      return
    }
    const wide = dtype === 'f32'
    if (wide && totals.length < block) totals = new Float64Array(block)
    const met = wide ? few : null
    if (met) out.fill(0)
    places.reset()
    let from = 0
    for (let o = 0; o < outer; o++) {
      const sums = wide ? totals.subarray(0, block) : out.subarray(o * block, (o + 1) * block)
      if (!wide) sums.fill(0)
      let count = 0
      for (let j = 0; j < m; j++)
        for (let i = 0; i < inner; i += row, from += row, places.next()) {
          const k = at[indices.offset + places.position] as number
          if (k < 0 || k >= n) continue
          if (met) met[count++] = k * inner
          const to = k * inner + i
          for (let r = 0; r < row; r++) sums[to + r] = (sums[to + r] as number) + (data[from + r] as number)
        }
      if (!wide) continue
      if (met) roundRows(out, o * block, sums, met.subarray(0, count), inner)
      else {
        out.set(sums, o * block)
        sums.fill(0)
      }
    }
  }
  return { run }
}

/** Writes the totals of rows that begin at `starts`, some of them repeatedly, and then clears them. */
function roundRows(out: TypedArray, at: number, sums: TypedArray, starts: Int32Array, size: number): void {
  for (let j = 0; j < starts.length; j++) {
    const start = starts[j] as number
    for (let i = start; i < start + size; i++) out[at + i] = sums[i] as number
  }
  for (let j = 0; j < starts.length; j++) {
    const start = starts[j] as number
    for (let i = start; i < start + size; i++) sums[i] = 0
  }
}
