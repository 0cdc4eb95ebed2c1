import type { Program, ScanKernel } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'

/** Adds up row by row, with the running totals of all columns in f64. */
export function prepareScan({ input, reverse }: ScanKernel): Program<CpuBuffer> {
  const [outer = 0, n = 0, inner = 0] = input.shape
  const totals = new Float64Array(inner)
  const run: Program<CpuBuffer>['run'] = ([source], _, [output]) => {
    const data = (source as CpuBuffer).data
    const out = (output as CpuBuffer).data
    for (let o = 0; o < outer; o++) {
      totals.fill(0)
      for (let j = 0; j < n; j++) {
        let at = (o * n + (reverse ? n - 1 - j : j)) * inner
        for (let i = 0; i < inner; i++, at++) {
          const total = (totals[i] as number) + (data[at] as number)
          totals[i] = total
          out[at] = total
        }
      }
    }
  }
  return { run }
}
