import { describe, expect, it } from 'vitest'
import { erf as erfOracle, sigmoid as sigmoidOracle, softplus as softplusOracle } from '../special.ts'
import { FunctionBuilder, type Local, type V128 } from './assembler.ts'
import { compile, newMemory } from './engine.ts'
import { i32, v128 } from './instructions.ts'
import { erf, exp, expm1, log, log1p, sigmoid, sign, softplus, tanh } from './math.ts'

type Emit = (f: FunctionBuilder, x: Local<'v128'>) => V128

/** Errors in ulp that the doc comments of the functions and of `cpu` promise. */
const functions: readonly [string, Emit, (x: number) => number, number][] = [
  ['exp', exp, Math.exp, 1],
  ['expm1', expm1, Math.expm1, 2],
  ['log', log, Math.log, 1],
  ['log1p', log1p, Math.log1p, 2],
  ['tanh', tanh, Math.tanh, 2],
  ['sigmoid', sigmoid, sigmoidOracle, 2.1],
  ['softplus', softplus, softplusOracle, 2],
  ['erf', erf, erfOracle, 2],
  ['sign', sign, Math.sign, 0],
]

/** Every 2^12th f32: all signs, exponents, infinities and NaN, and the numbers around which functions change their form. */
const inputs = ((): Float32Array => {
  const words: number[] = []
  for (let word = 0; word < 2 ** 32; word += 4099) words.push(word)
  const bits = new Uint32Array([...words, 0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000])
  const numbers = [...new Float32Array(bits.buffer)]
  for (const x of [0.84, 0.625, 88.72, -87.3, -103.9, 20, 3.95, Math.SQRT1_2, Math.SQRT2, 1, 0.5 * Math.LN2])
    for (let i = -50; i <= 50; i++)
      numbers.push(x * (1 + i * 2 ** -20), -x * (1 + i * 2 ** -20), x * (1 + i * 2 ** -24))
  for (let i = -20000; i < 20000; i++) numbers.push(i / 200)
  while (numbers.length % 4) numbers.push(0)
  return Float32Array.from(numbers)
})()

function evaluate(emit: Emit): Float32Array {
  const f = new FunctionBuilder('run', ['i32', 'i32'] as const)
  const [at, count] = f.params
  f.times(count, () => {
    f.run(v128.store(at, emit(f, f.let(v128.load(at)))))
    f.advance(at, i32.const(16))
  })
  const memory = newMemory()
  memory.grow(Math.ceil(inputs.byteLength / 65536))
  const numbers = new Float32Array(memory.buffer, 0, inputs.length)
  numbers.set(inputs)
  compile([f], memory).run?.(0, inputs.length / 4)
  return numbers
}

/** Distance in units of the last place of the wanted number as f32. */
function ulps(got: number, wanted: number): number {
  if (Object.is(got, Math.fround(wanted))) return 0
  if (Number.isNaN(got) || Number.isNaN(wanted) || wanted === 0) return Number.POSITIVE_INFINITY
  if (!Number.isFinite(got) || !Number.isFinite(Math.fround(wanted))) return Math.fround(wanted) === got ? 0 : 1e9
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(wanted))), -126)
  return Math.abs(got - wanted) / 2 ** (exponent - 23)
}

describe('elementary functions of vectors', () => {
  it.each(functions)('%s is as accurate as it says on all orders of magnitude', (_, emit, oracle, bound) => {
    const got = evaluate(emit)
    let worst = 0
    let at = 0
    inputs.forEach((x, i) => {
      const error = ulps(got[i] as number, oracle(x))
      if (error > worst) [worst, at] = [error, x]
    })
    expect({ worst, at, isWithin: worst <= bound }).toMatchObject({ isWithin: true })
  })
})
