import { type DType, type Program, type ReduceKernel, type Reduction, sizeOf, type TypedArray } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'
import { mergeAxes, Odometer } from './strided.ts'

/** Outputs accumulated side by side where they lie closer together than what is reduced. */
const block = 1024

const accumulator = new Float64Array(block)

/** Reduces over strided axes. Totals are kept in f64, or compared as they are. */
export function prepareReduce({ op, dtype, input, axes }: ReduceKernel): Program<CpuBuffer> {
  const { shape, strides, offset } = input
  const kept = shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]))
  const pick = (list: readonly number[], indices: readonly number[]) => indices.map((i) => list[i] as number)
  const outer = mergeAxes(pick(shape, kept), pick(strides, kept))
  const inner = mergeAxes(pick(shape, axes), pick(strides, axes))
  const outputs = sizeOf(outer.sizes)
  const empty = sizeOf(inner.sizes) === 0
  const start = identity(op, dtype)
  const combine = combiners[op]

  // The last axis of each side is a plain loop; the others turn as odometers.
  const width = outer.sizes.at(-1) ?? 1
  const step = outer.strides.at(-1) ?? 0
  const rows = new Odometer({ sizes: outer.sizes.slice(0, -1), strides: outer.strides.slice(0, -1) })
  const length = inner.sizes.at(-1) ?? 1
  const stride = inner.strides.at(-1) ?? 0
  const rest = inner.sizes.slice(0, -1)
  const lines = sizeOf(rest)
  const steps = new Odometer({ sizes: rest, strides: inner.strides.slice(0, -1) })
  const sideBySide = width > 1 && Math.abs(step) < Math.abs(stride)

  const run: Program<CpuBuffer>['run'] = ([source], _, output) => {
    const data = (source as CpuBuffer).data
    const out = output.data
    if (empty) {
      out.fill(start)
      return
    }
    rows.reset()
    for (let o = 0; o < outputs; rows.next()) {
      const from = offset + rows.position
      for (let w = 0; w < width; ) {
        const n = sideBySide ? Math.min(block, width - w) : 1
        for (let k = 0; k < n; k++) accumulator[k] = start
        steps.reset()
        for (let l = 0; l < lines; l++, steps.next()) {
          const at = from + w * step + steps.position
          if (sideBySide) for (let r = 0; r < length; r++) combine.across(accumulator, data, at + r * stride, step, n)
          else accumulator[0] = combine.along(accumulator[0] as number, data, at, stride, length)
        }
        for (let k = 0; k < n; k++) out[o++] = accumulator[k] as number
        w += n
      }
    }
  }
  return { run }
}

function identity(op: Reduction, dtype: DType): number {
  if (op === 'sum') return 0
  const sign = op === 'max' ? -1 : 1
  return dtype === 'i32' ? (op === 'max' ? -2147483648 : 2147483647) : sign * Number.POSITIVE_INFINITY
}

interface Combiner {
  /** Combines `n` elements, `stride` apart, with one total. */
  readonly along: (total: number, data: TypedArray, at: number, stride: number, n: number) => number
  /** Combines `n` elements, `stride` apart, with as many totals. */
  readonly across: (totals: Float64Array, data: TypedArray, at: number, stride: number, n: number) => void
}

const combiners: Readonly<Record<Reduction, Combiner>> = {
  sum: {
    along: (total, data, at, stride, n) => {
      for (let k = 0; k < n; k++, at += stride) total += data[at] as number
      return total
    },
    across: (totals, data, at, stride, n) => {
      for (let k = 0; k < n; k++, at += stride) totals[k] = (totals[k] as number) + (data[at] as number)
    },
  },
  max: {
    along: (total, data, at, stride, n) => {
      for (let k = 0; k < n; k++, at += stride) total = Math.max(total, data[at] as number)
      return total
    },
    across: (totals, data, at, stride, n) => {
      for (let k = 0; k < n; k++, at += stride) totals[k] = Math.max(totals[k] as number, data[at] as number)
    },
  },
  min: {
    along: (total, data, at, stride, n) => {
      for (let k = 0; k < n; k++, at += stride) total = Math.min(total, data[at] as number)
      return total
    },
    across: (totals, data, at, stride, n) => {
      for (let k = 0; k < n; k++, at += stride) totals[k] = Math.min(totals[k] as number, data[at] as number)
    },
  },
}
