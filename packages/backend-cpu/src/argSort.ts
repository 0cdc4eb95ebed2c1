import { type ArgSortKernel, type Program, sizeOf } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'

/** Sorts the positions of each row by merging runs of 1, 2, 4, … elements, which is stable. */
export function prepareArgSort({ input, descending }: ArgSortKernel): Program<CpuBuffer> {
  const n = input.shape.at(-1) ?? 1
  const size = sizeOf(input.shape)
  const sign = descending ? -1 : 1
  const keys = new Float64Array(n)
  const run: Program<CpuBuffer>['run'] = ([source], _, output) => {
    const data = (source as CpuBuffer).data
    const out = output.data
    let from = new Int32Array(n)
    let into = new Int32Array(n)
    for (let row = 0; row < size; row += n) {
      // NaN goes behind the others at once, so that all that is compared is ordered.
      let numbers = 0
      for (let i = 0; i < n; i++) {
        const key = sign * (data[row + i] as number)
        keys[i] = key
        if (!Number.isNaN(key)) from[numbers++] = i
      }
      for (let i = 0, at = numbers; at < n; i++) if (Number.isNaN(keys[i])) out[row + at++] = i
      for (let width = 1; width < numbers; width *= 2) {
        for (let left = 0; left < numbers; left += 2 * width) merge(keys, from, into, left, width, numbers)
        ;[from, into] = [into, from]
      }
      for (let i = 0; i < numbers; i++) out[row + i] = from[i] as number
    }
  }
  return { run }
}

/** Merges two neighbouring runs of up to `width` positions; of equal keys the left one goes first. */
function merge(keys: Float64Array, from: Int32Array, into: Int32Array, left: number, width: number, end: number): void {
  const middle = Math.min(left + width, end)
  const right = Math.min(middle + width, end)
  let a = left
  let b = middle
  for (let to = left; to < right; to++) {
    const takeLeft =
      b >= right || (a < middle && (keys[from[a] as number] as number) <= (keys[from[b] as number] as number))
    into[to] = from[takeLeft ? a++ : b++] as number
  }
}
