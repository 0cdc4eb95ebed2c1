import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { FunctionBuilder, signed, unsigned } from './assembler.ts'
import { compile, type Memory, newMemory } from './engine.ts'
import { i32 } from './instructions.ts'
import { f32x4, i32x4, v128 } from './vectors.ts'

/** Runs a function of addresses on a fresh memory. */
function run(f: FunctionBuilder, ...args: number[]): Memory {
  const memory = newMemory()
  compile([f], memory)[f.name]?.(...args)
  return memory
}

const store = (f: FunctionBuilder, at: number, value: Parameters<typeof i32x4.splat>[0]): void =>
  f.run(v128.store(i32.const(at), i32x4.splat(value)))

describe('assembler', () => {
  test.prop([fc.integer()])('writes signed numbers that read back', (n) => {
    let value = 0
    const bytes = signed(n)
    bytes.forEach((byte, i) => {
      value |= (byte & 127) << (7 * i)
    })
    const bits = 7 * bytes.length
    expect(bits < 32 ? (value << (32 - bits)) >> (32 - bits) : value).toBe(n)
  })

  test.prop([fc.nat(0xffffffff)])('writes unsigned numbers that read back', (n) => {
    expect(unsigned(n).reduce((sum, byte, i) => sum + (byte & 127) * 128 ** i, 0)).toBe(n)
  })

  test.prop([fc.integer({ min: -3, max: 40 })])('times runs as often as it says, and never below 1', (n) => {
    const f = new FunctionBuilder('run', ['i32'] as const)
    const count = f.local('i32')
    f.times(f.params[0], () => f.advance(count, i32.const(3)))
    store(f, 64, count)
    expect(new Int32Array(run(f, n).buffer, 64, 4)).toEqual(new Int32Array(4).fill(3 * Math.max(n, 0)))
  })

  it('takes one branch of an if', () => {
    const f = new FunctionBuilder('run', ['i32'] as const)
    f.if(
      f.params[0],
      () => store(f, 0, i32.const(7)),
      () => store(f, 0, i32.const(-9)),
    )
    expect(new Int32Array(run(f, 1).buffer)[0]).toBe(7)
    expect(new Int32Array(run(f, 0).buffer)[3]).toBe(-9)
  })

  it('keeps constants to the bit', () => {
    const f = new FunctionBuilder('run', [])
    f.run(v128.store(i32.const(0), f32x4.const(-0)))
    f.run(v128.store(i32.const(16), i32x4.of(1, -2, 3, 2147483647)))
    const { buffer } = run(f)
    expect(Object.is(new Float32Array(buffer)[1], -0)).toBe(true)
    expect([...new Int32Array(buffer, 16, 4)]).toEqual([1, -2, 3, 2147483647])
  })
})
