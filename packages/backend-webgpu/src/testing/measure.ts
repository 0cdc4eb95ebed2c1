import type { Backend, DType, ScalarOp, TypedArray } from '@wengert/core'
import { type FloatScalar, ulps, ulpsBelowZero } from '../wgsl/accuracy.ts'
import { samples, samplesBelowZero } from './samples.ts'

/** Values of a scalar function on a backend, at each element of its arguments. */
export async function apply<B>(
  backend: Backend<B>,
  op: ScalarOp,
  args: readonly TypedArray[],
  argTypes: readonly DType[],
  dtype: DType,
): Promise<TypedArray> {
  const n = args[0]?.length ?? 0
  const program = backend.prepare({
    kind: 'map',
    dtype,
    shape: [n],
    inputs: argTypes.map((argType) => ({ dtype: argType, shape: [n], strides: [1], offset: 0 })),
    scalars: [],
    steps: [{ op, args: args.map((_, i) => i), dtype }],
  })
  const inputs = args.map((data, i) => backend.upload(data, argTypes[i] as DType))
  const output = backend.alloc(dtype, n)
  program.run(inputs, [], [output])
  backend.submit()
  const result = await backend.read(output)
  for (const buffer of [...inputs, output]) backend.free(buffer)
  return result
}

const leastNormal = 2 ** -126
const leastSubnormal = 2 ** -149
const overflow = 2 ** 128

/** Distance of an f32 result from the truth in units of the last place of the truth, or of `scale` where that is greater. */
function ulpsBetween(actual: number, truth: number, scale = 0): number {
  if (Number.isNaN(actual) || Number.isNaN(truth)) return Object.is(actual, truth) ? 0 : Number.POSITIVE_INFINITY
  // A subnormal result may be flushed.
  if (actual === 0 && Math.abs(truth) < leastNormal) return 0
  // An infinite result stands for the first number that is too large.
  const clip = (x: number): number => Math.min(Math.max(x, -overflow), overflow)
  const size = Math.min(Math.max(Math.abs(truth), scale, leastSubnormal), overflow / 2)
  const unit = Math.max(2 ** (Math.floor(Math.log2(size)) - 23), leastSubnormal)
  return Math.abs(clip(actual) - clip(truth)) / unit
}

/** The largest error of a function, and where it was found. */
export interface Measurement {
  /** What the function promises. */
  readonly bound: number
  readonly points: number
  readonly ulps: number
  readonly args: readonly number[]
  readonly actual: number
  readonly truth: number
}

/** Measures an f32 function of one backend against the f64 one of another. A subnormal argument may count as 0. */
export async function measure(
  backend: Backend,
  oracle: Backend,
  op: FloatScalar,
  isBelowZero = false,
): Promise<Measurement> {
  const below = isBelowZero && (op === 'lgamma' || op === 'polygamma') ? op : null
  const args = below ? samplesBelowZero(below) : samples(op)
  const doubles = args.map((arg) => Float64Array.from(arg))
  const flushed = args.map((arg) => Float64Array.from(arg, (x) => (Math.abs(x) < leastNormal ? 0 * x : x)))
  const in32 = args.map((): DType => 'f32')
  const in64 = args.map((): DType => 'f64')
  const actual = await apply(backend, op, args, in32, 'f32')
  const truth = await apply(oracle, op, doubles, in64, 'f64')
  const other = await apply(oracle, op, flushed, in64, 'f64')
  let found = 0
  let at = 0
  for (let i = 0; i < actual.length; i++) {
    const y = actual[i] as number
    const [exact, alternative] = [truth[i] as number, other[i] as number]
    // Most points need no more than this to be seen to be no worse than the worst so far.
    if (Math.abs(y - exact) <= Math.abs(exact) * found * 2 ** -24) continue
    const scale = below ? scaleBelowZero(below, i, args) : 0
    const error = Math.min(ulpsBetween(y, exact, scale), ulpsBetween(y, alternative, scale))
    if (error > found) {
      found = error
      at = i
    }
  }
  return {
    bound: below ? ulpsBelowZero[below] : ulps[op],
    points: actual.length,
    ulps: found,
    args: args.map((arg) => arg[at] as number),
    actual: actual[at] as number,
    truth: truth[at] as number,
  }
}

/** Size of what cancels where the function has a zero. */
function scaleBelowZero(op: 'lgamma' | 'polygamma', i: number, [orders, xs]: readonly Float32Array[]): number {
  if (op === 'lgamma') return 1
  const [order = 0, x = 0] = [orders?.[i], xs?.[i]]
  let scale = 1 / Math.abs(x - Math.round(x))
  for (let k = 1; k <= order; k++) scale *= k / Math.abs(x - Math.round(x))
  return scale
}

/** The functions to measure, in the order of the table. */
export const measured: readonly (readonly [op: FloatScalar, isBelowZero: boolean])[] = [
  ...(Object.keys(ulps) as FloatScalar[]).map((op) => [op, false] as const),
  ...(Object.keys(ulpsBelowZero) as FloatScalar[]).map((op) => [op, true] as const),
]
