import { type DType, type ReduceKernel, type Reduction, sizeOf, type TypedArray } from '@wengert/core'
import { BodyRunner, block } from './body.ts'
import type { CpuBuffer, CpuProgram } from './cpu.ts'
import { mergeAxes, Odometer } from './strided.ts'

/** Totals of outputs that cannot hold them themselves. */
let shared = new Float64Array(64)

/**
 * Runs the body block by block, in an order close to that of its inputs in memory, and combines each element with the
 * total of its output. Totals are kept in f64. Every output meets its elements in row-major order, whatever the layouts.
 */
export function prepareReduce({ op, dtype, axes, ...kernel }: ReduceKernel): CpuProgram {
  const kept = kernel.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]))
  const outputs = sizeOf(kept.map((i) => kernel.shape[i] as number))
  const order = readingOrder(kernel, kept, axes)
  const pick = (list: readonly number[]): number[] => order.map((i) => list[i] as number)
  const inputs = kernel.inputs.map((input) => ({ ...input, shape: pick(input.shape), strides: pick(input.strides) }))
  const body = { ...kernel, shape: pick(kernel.shape), inputs }
  const strides = kernel.stored ? pick(stridesOf(kernel.shape, [...kernel.shape.keys()])) : null
  const runnerOf = (bound: boolean): BodyRunner => new BodyRunner(body, 'register', bound, strides)
  const runner = runnerOf(false)

  // Where the total of an element stands. The last two axes are plain loops; the others turn as an odometer.
  const places = mergeAxes(body.shape, pick(stridesOf(kernel.shape, kept)))
  const n = places.sizes.at(-1) ?? 1
  const rows = places.sizes.at(-2) ?? 1
  const rowStep = places.strides.at(-2) ?? 0
  const outer = new Odometer({ sizes: places.sizes.slice(0, -2), strides: places.strides.slice(0, -2) })
  const along = (places.strides.at(-1) ?? 0) === 0
  const combine = combiners[op][along ? 'along' : 'across']
  const whole = n <= block ? block - (block % Math.max(n, 1)) : 0
  const start = identity(op, dtype)

  let row = 0
  let column = 0
  const begin = (out: TypedArray): Float64Array => {
    if (shared.length < outputs) shared = new Float64Array(outputs)
    const totals = out instanceof Float64Array ? out : shared
    // A loop: `fill` costs more than all else a small kernel does.
    for (let k = 0; k < outputs; k++) totals[k] = start
    return totals
  }
  // Ends where it began, once it has taken all elements.
  const take = (totals: Float64Array, values: TypedArray, at: number, left: number): void => {
    while (left > 0) {
      const count = whole ? Math.min(left / n, rows - row) : 1
      const length = whole ? n : left
      combine(totals, outer.position + row * rowStep + (along ? 0 : column), rowStep, values, at, count, length)
      at += count * length
      left -= count * length
      column += length
      if (column < n) continue
      column = 0
      row += count
      if (row < rows) continue
      row = 0
      outer.next()
    }
  }
  const end = (totals: Float64Array, out: TypedArray): void => {
    if (totals !== out) for (let k = 0; k < outputs; k++) out[k] = totals[k] as number
  }

  return {
    run(buffers, scalars, outputs) {
      const [{ data: out }] = outputs as readonly [CpuBuffer]
      const totals = begin(out)
      runner.start(buffers, outputs)
      runner.setScalars(scalars)
      for (;;) {
        const found = runner.next(whole || Math.min(block, n - column))
        if (found === 0) break
        take(totals, runner.values, runner.at, found)
      }
      end(totals, out)
    },
    bind(buffers, outputs) {
      if (runner.size > block) return null
      const own = runnerOf(true)
      const { calls, setScalars } = own.bind(buffers, outputs)
      const { values } = own
      const [{ data: out }] = outputs as readonly [CpuBuffer]
      const flat = places.sizes.length <= 2
      const reduce = (): void => {
        const totals = begin(out)
        if (flat) combine(totals, 0, rowStep, values, 0, rows, n)
        else take(totals, values, 0, own.size)
        if (totals !== out) end(totals, out)
      }
      return { calls: [...calls, { run: reduce }], setScalars }
    },
  }
}

/** Kept and reduced axes, each in their own order, so that the last are those whose elements lie closest together. */
function readingOrder(
  { inputs }: Pick<ReduceKernel, 'inputs'>,
  kept: readonly number[],
  reduced: readonly number[],
): number[] {
  const step = (axis: number): number =>
    inputs.reduce((total, { strides }) => total + Math.abs(strides[axis] as number), 0)
  const order: number[] = []
  let k = kept.length - 1
  let r = reduced.length - 1
  while (k >= 0 || r >= 0) {
    const [a = -1, b = -1] = [kept[k], reduced[r]]
    const keep = r < 0 || (k >= 0 && (step(a) < step(b) || (step(a) === step(b) && a > b)))
    order.unshift(keep ? a : b)
    if (keep) k--
    else r--
  }
  return order
}

/** For each axis how far apart the outputs lie: 0 for those that are reduced. */
function stridesOf(shape: readonly number[], kept: readonly number[]): number[] {
  const strides = shape.map(() => 0)
  let stride = 1
  for (const axis of kept.toReversed()) {
    strides[axis] = stride
    stride *= shape[axis] as number
  }
  return strides
}

function identity(op: Reduction, dtype: DType): number {
  if (op === 'sum') return 0
  const sign = op === 'max' ? -1 : 1
  return dtype === 'i32' ? (op === 'max' ? -2147483648 : 2147483647) : sign * Number.POSITIVE_INFINITY
}

/** Combines `rows` rows of `n` elements with totals, of which those of the next row stand `step` further on. */
type Combine = (
  totals: Float64Array,
  to: number,
  step: number,
  data: TypedArray,
  at: number,
  rows: number,
  n: number,
) => void

interface Combiner {
  /** All elements of a row with one total. */
  readonly along: Combine
  /** Each element of a row with a total of its own. */
  readonly across: Combine
}

const combiners: Readonly<Record<Reduction, Combiner>> = {
  sum: {
    along: (totals, to, step, data, at, rows, n) => {
      for (; rows > 0; rows--, to += step) {
        let total = totals[to] as number
        for (const end = at + n; at < end; at++) total += data[at] as number
        totals[to] = total
      }
    },
    across: (totals, to, step, data, at, rows, n) => {
      for (; rows > 0; rows--, to += step)
        for (let k = to; k < to + n; k++, at++) totals[k] = (totals[k] as number) + (data[at] as number)
    },
  },
  max: {
    along: (totals, to, step, data, at, rows, n) => {
      for (; rows > 0; rows--, to += step) {
        let total = totals[to] as number
        for (const end = at + n; at < end; at++) total = Math.max(total, data[at] as number)
        totals[to] = total
      }
    },
    across: (totals, to, step, data, at, rows, n) => {
      for (; rows > 0; rows--, to += step)
        for (let k = to; k < to + n; k++, at++) totals[k] = Math.max(totals[k] as number, data[at] as number)
    },
  },
  min: {
    along: (totals, to, step, data, at, rows, n) => {
      for (; rows > 0; rows--, to += step) {
        let total = totals[to] as number
        for (const end = at + n; at < end; at++) total = Math.min(total, data[at] as number)
        totals[to] = total
      }
    },
    across: (totals, to, step, data, at, rows, n) => {
      for (; rows > 0; rows--, to += step)
        for (let k = to; k < to + n; k++, at++) totals[k] = Math.min(totals[k] as number, data[at] as number)
    },
  },
}
