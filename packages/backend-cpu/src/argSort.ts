import { type ArgSortKernel, type Program, sizeOf, type TypedArray } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'

/** Bits sorted by in one pass, and how many buckets they make. */
const digit = 11
const buckets = 2 ** digit

/** Rows up to this length are sorted by merging: counting buckets costs more. */
const short = 512

/**
 * Sorts the positions of each row, stably: short rows by merging runs of 1, 2, 4, … elements, long ones by digits of their keys, the
 * least significant first.
 */
export function prepareArgSort({ input, descending }: ArgSortKernel): Program<CpuBuffer> {
  const n = input.shape.at(-1) ?? 1
  const size = sizeOf(input.shape)
  const sign = descending ? -1 : 1
  const keys = new Float64Array(n)
  const sort = n <= short ? sortByMerging(n) : sortByDigits(n, input.dtype !== 'f32')
  const run: Program<CpuBuffer>['run'] = ([source], _, [output]) => {
    const data = (source as CpuBuffer).data
    const out = (output as CpuBuffer).data
    for (let row = 0; row < size; row += n) {
      // NaN goes behind the others at once, so that all that is compared is ordered.
      let numbers = 0
      for (let i = 0; i < n; i++) {
        // Adding 0 makes −0 the 0 that it equals.
        const key = sign * (data[row + i] as number) + 0
        if (Number.isNaN(key)) continue
        keys[numbers] = key
        out[row + numbers++] = i
      }
      for (let i = 0, at = numbers; at < n; i++) if (Number.isNaN(data[row + i])) out[row + at++] = i
      sort(keys, out, row, numbers)
    }
  }
  return { run }
}

/** Sorts keys along with their positions, which stand in `out` from `row` on. */
type Sort = (keys: Float64Array, out: TypedArray, row: number, numbers: number) => void

function sortByMerging(n: number): Sort {
  return (keys, out, row, numbers) => {
    let from = new Int32Array(n)
    let into = new Int32Array(n)
    for (let i = 0; i < numbers; i++) from[i] = i
    for (let width = 1; width < numbers; width *= 2) {
      for (let left = 0; left < numbers; left += 2 * width) merge(keys, from, into, left, width, numbers)
      ;[from, into] = [into, from]
    }
    for (let i = 0; i < numbers; i++) into[i] = out[row + (from[i] as number)] as number
    for (let i = 0; i < numbers; i++) out[row + i] = into[i] as number
  }
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

/** The keys have the bits of an f32, or, if wide, of an f64, whose low word comes first. */
function sortByDigits(n: number, wide: boolean): Sort {
  const passes = wide ? 6 : 3
  const counts = new Int32Array(passes * buckets)
  return (keys, out, row, numbers) => {
    let [high, nextHigh] = [new Int32Array(n), new Int32Array(n)]
    let [low, nextLow] = wide ? [new Int32Array(n), new Int32Array(n)] : [high, nextHigh]
    let [at, nextAt] = [new Int32Array(n), new Int32Array(n)]
    const words = new Int32Array((wide ? keys : Float32Array.from(keys)).buffer)
    counts.fill(0)
    for (let i = 0; i < numbers; i++) {
      at[i] = out[row + i] as number
      const top = words[wide ? 2 * i + 1 : i] as number
      // Bits that, read as an unsigned integer, are in the order of the numbers.
      const flip = top >> 31
      const h = top ^ (flip | 0x80000000)
      high[i] = h
      count(h, (passes - 3) * buckets)
      if (!wide) continue
      const l = (words[2 * i] as number) ^ flip
      low[i] = l
      count(l, 0)
    }
    for (let pass = 0; pass < passes; pass++) {
      const base = pass * buckets
      if (!startsOf(base, numbers)) continue
      const both = wide && pass < 3
      const word = both ? low : high
      const shift = digit * (pass % 3)
      for (let i = 0; i < numbers; i++) {
        const bucket = base + (((word[i] as number) >>> shift) & (buckets - 1))
        const to = counts[bucket] as number
        counts[bucket] = to + 1
        nextAt[to] = at[i] as number
        nextHigh[to] = high[i] as number
        if (both) nextLow[to] = low[i] as number
      }
      ;[at, nextAt, high, nextHigh, low, nextLow] = [nextAt, at, nextHigh, high, nextLow, low]
    }
    for (let i = 0; i < numbers; i++) out[row + i] = at[i] as number
  }

  function count(word: number, base: number): void {
    for (let d = 0; d < 3; d++) {
      const bucket = base + d * buckets + ((word >>> (digit * d)) & (buckets - 1))
      counts[bucket] = (counts[bucket] as number) + 1
    }
  }

  /** Turns counts into where each bucket begins; false if one bucket holds all. */
  function startsOf(base: number, numbers: number): boolean {
    let total = 0
    for (let bucket = base; bucket < base + buckets; bucket++) {
      const many = counts[bucket] as number
      if (many === numbers) return false
      counts[bucket] = total
      total += many
    }
    return true
  }
}
