import { sign, tensor } from '@wengert/core'
import { describe, expect, it, vi } from 'vitest'
import { loops } from '../scalar.ts'
import { FunctionBuilder, type Local, type V128 } from './assembler.ts'
import { cpu } from './cpu.ts'
import * as engine from './engine.ts'
import { i32 } from './instructions.ts'
import { erf, erfc, erfInv } from './math/errorFunction.ts'
import { cosh, exp, expm1, sigmoid, sinh, tanh } from './math/exponential.ts'
import { acos, asin, atan, atan2 } from './math/inverseTrigonometric.ts'
import { acosh, asinh, atanh, log, log1p, softplus } from './math/logarithm.ts'
import { hypot, pow } from './math/power.ts'
import { cos, sin, tan } from './math/trigonometric.ts'
import { sign as signOf } from './math.ts'
import { v128 } from './vectors.ts'

const host = vi.hoisted(() => ({ fused: true }))
vi.mock('./engine.ts', async (original) => ({
  ...(await original<typeof engine>()),
  features: () => ({ simd: true, fused: host.fused }),
}))
const { features } = await vi.importActual<typeof engine>('./engine.ts')

type Emit = (f: FunctionBuilder, ...args: Local<'v128'>[]) => V128

const limits = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]

/** Numbers around which functions change their form, and NaN with a payload. */
const turns = [
  0.84,
  88.72,
  -87.33,
  -86,
  -103.97,
  20,
  9,
  10.05,
  Math.SQRT1_2,
  Math.SQRT2,
  1,
  0.5,
  0.5 * Math.LN2,
  Math.PI / 2,
  Math.PI,
  2 ** 20,
  2 ** -12,
  2 ** -26,
  2 ** -126,
  0.9966,
  3.4028234e38,
  2 ** 64,
  89.41,
]

/** All signs, exponents, infinities and NaN, subnormal numbers, what lies about turns, and the range where most numbers are. */
const one = ((): readonly Float32Array[] => {
  const words: number[] = []
  for (let word = 0; word < 2 ** 32; word += 98507) words.push(word)
  const numbers = [...limits, ...new Float32Array(new Uint32Array(words).buffer)]
  for (const x of turns)
    for (let i = -30; i <= 30; i++)
      numbers.push(x * (1 + i * 2 ** -20), -x * (1 + i * 2 ** -20), x * (1 + i * 2 ** -24))
  for (let i = -10000; i < 10000; i++) numbers.push(i / 100)
  while (numbers.length % 4) numbers.push(0)
  return [Float32Array.from(numbers)]
})()

/** Pairs of all orders of magnitude, of bases near 1 and great exponents, and of small integers and halves. */
const two = ((): readonly Float32Array[] => {
  const some = [...limits]
  for (let e = -149; e < 128; e += 5) for (const m of [1, 1.37]) some.push(m * 2 ** e, -m * 2 ** e)
  for (let i = -20; i <= 20; i++) some.push(i / 2, 2 ** 24 + i, 1 + i * 2 ** -20)
  const pairs = some.flatMap((x) => some.map((y) => [x, y] as const))
  for (let i = 1; i < 10000; i++) {
    const x = i * 0.00074
    pairs.push([x, ((i * 7919) % 173) / Math.log2(x)], [1 + i * 2 ** -23, ((i * 104729) % 8192) * 977], [-x, i % 97])
  }
  while (pairs.length % 4) pairs.push([0, 0])
  return [Float32Array.from(pairs, ([x]) => x), Float32Array.from(pairs, ([, y]) => y)]
})()

/** Runs a function on vectors of four. */
function evaluate(emit: Emit, columns: readonly Float32Array[]): Float32Array {
  const f = new FunctionBuilder('run', ['i32', 'i32'] as const)
  const [at, count] = f.params
  const bytes = (columns[0] as Float32Array).byteLength
  f.times(count, () => {
    f.run(v128.store(at, emit(f, ...columns.map((_, i) => f.let(v128.load(at, i * bytes))))))
    f.advance(at, i32.const(16))
  })
  const memory = engine.newMemory()
  memory.grow(Math.ceil((bytes * columns.length) / 65536))
  columns.forEach((column, i) => {
    new Float32Array(memory.buffer, i * bytes).set(column)
  })
  engine.compile([f], memory).run?.(0, bytes / 16)
  return new Float32Array(memory.buffer, 0, bytes / 4)
}

/** Distance in units of the last place of the wanted number as f32. */
function ulps(got: number, wanted: number): number {
  const nearest = Math.fround(wanted)
  if (Object.is(got, nearest)) return Math.abs(got) < Number.POSITIVE_INFINITY ? distance(got, wanted) : 0
  if (Number.isNaN(got) || Number.isNaN(wanted) || wanted === 0) return Number.POSITIVE_INFINITY
  return Number.isFinite(got) && Number.isFinite(nearest) ? distance(got, wanted) : 1e9
}

const distance = (got: number, wanted: number): number =>
  Math.abs(got - wanted) / 2 ** (Math.max(Math.floor(Math.log2(Math.abs(wanted))), -126) - 23)

/** Every element one place further on. */
const turned = (column: Float32Array): Float32Array => column.map((_, i) => column.at(i - 1) as number)

/** Errors in ulp that the doc comments of the functions promise. */
const functions: readonly [keyof typeof loops, Emit, number, readonly Float32Array[]][] = [
  ['exp', exp, 1.2, one],
  ['expm1', expm1, 2, one],
  ['log', log, 1, one],
  ['log1p', log1p, 2, one],
  ['sin', sin, 2, one],
  ['cos', cos, 2, one],
  ['tan', tan, 2.4, one],
  ['asin', asin, 2, one],
  ['acos', acos, 2, one],
  ['atan', atan, 2, one],
  ['sinh', sinh, 2, one],
  ['cosh', cosh, 2, one],
  ['tanh', tanh, 2.5, one],
  ['asinh', asinh, 2, one],
  ['acosh', acosh, 2, one],
  ['atanh', atanh, 2, one],
  ['sigmoid', sigmoid, 2.5, one],
  ['softplus', softplus, 2, one],
  ['erf', erf, 2, one],
  ['erfc', erfc, 2, one],
  ['erfInv', erfInv, 2.1, one],
  ['sign', signOf, 0, one],
  ['pow', pow, 1.2, two],
  ['atan2', atan2, 2, two],
  ['hypot', hypot, 0.5, two],
]

describe.each(features().fused ? [true, false] : [false])('where multiply and add are one instruction: %s', (fused) => {
  it.each(functions)('%s is as accurate as it says on all orders of magnitude', (name, emit, bound, columns) => {
    host.fused = fused
    const got = evaluate(emit, columns)
    const wanted = new Float64Array(got.length)
    const [a, b = a] = columns.map((column) => Float64Array.from(column)) as [Float64Array, Float64Array?]
    loops[name](got.length, wanted, 0, a, 0, b, 0, a, 0)
    let worst = 0
    let at: readonly number[] = []
    for (let i = 0; i < got.length; i++) {
      const error = ulps(got[i] as number, wanted[i] as number)
      if (error > worst) [worst, at] = [error, columns.map((column) => column[i] as number)]
    }
    expect({ worst, at, isWithin: worst <= bound }).toMatchObject({ isWithin: true })
    // Whatever stands beside a number in its vector, its result has the same bits.
    const moved = evaluate(emit, columns.map(turned))
    turned(got).forEach((y, i) => {
      if (!Object.is(y, moved[i])) expect.fail(`${name} of ${columns.map((c) => turned(c)[i])}: ${y} and ${moved[i]}`)
    })
  })
})

describe('signs of integers', () => {
  it('are -1, 0 and 1', () => {
    const numbers = [0, 1, -1, 7, -9, 2147483647, -2147483648]
    const x = tensor(Int32Array.from(numbers), { dtype: 'i32' })
    expect([...sign(x).dataSync({ backend: cpu({ wasm: 'always' }) })]).toEqual(
      numbers.map(Math.sign).map((n) => n + 0),
    )
  })
})
