import { type GatherKernel, sizeOf } from '@wengert/core'
import { FunctionBuilder } from './assembler.ts'
import type { Entries } from './entries.ts'
import { i32 } from './instructions.ts'
import { elementBytes, type LinearRun } from './linear.ts'
import { i32x4, v128 } from './vectors.ts'

/**
 * `run(out, input, indices, outer, n, m, columns, bytes, apart, missing)`: in each of `outer` blocks, m rows of as many parts of `bytes`
 * bytes as there are columns, each from the row of the input that its index names; `apart` bytes lie between the indices of two
 * blocks. A part whose index is outside [0, n) is filled with the word `missing`. Parts are written in order and as whole vectors,
 * so the last may reach over the end.
 */
export function gatherFunction(): FunctionBuilder {
  const word = 'i32' as const
  const f = new FunctionBuilder('run', [word, word, word, word, word, word, word, word, word, word])
  const [out, input, indices, outer, n, m, columns, bytes, apart, missing] = f.params
  const row = f.let(i32.mul(columns, bytes))
  const block = f.let(i32.mul(row, n))
  const count = f.let(i32.mul(m, columns))
  const [at, column, index, from, to] = [f.local(word), f.local(word), f.local(word), f.local(word), f.local(word)]
  const parts = (copy: () => void, fill: () => void): void =>
    f.times(outer, () => {
      f.set(at, indices)
      f.set(column, i32.const(0))
      f.times(count, () => {
        f.set(index, i32.load(at))
        f.set(from, i32.add(i32.add(input, column), i32.mul(index, row)))
        f.if(i32.ltU(index, n), copy, fill)
        f.advance(out, bytes)
        f.advance(column, bytes)
        f.set(column, i32.select(column, i32.const(0), i32.ltS(column, row)))
        f.advance(at, i32.const(4))
      })
      f.advance(input, block)
      f.advance(indices, apart)
    })
  const words = (): void =>
    parts(
      () => f.run(i32.store(out, i32.load(from))),
      () => f.run(i32.store(out, missing)),
    )
  const wide = (): void => {
    const vectors = f.let(i32.shr(i32.add(bytes, i32.const(15)), 4))
    const filling = f.let(i32x4.splat(missing))
    const write = (each: () => void): void => {
      f.set(to, out)
      f.times(vectors, () => {
        each()
        f.advance(to, i32.const(16))
      })
    }
    const copy = (): void => {
      f.run(v128.store(to, v128.load(from)))
      f.advance(from, i32.const(16))
    }
    parts(
      () => write(copy),
      () => write(() => f.run(v128.store(to, filling))),
    )
  }
  f.if(i32.eq(bytes, i32.const(4)), words, wide)
  return f
}

/** The bits of an f32 that is NaN. */
const nan = 0x7fc00000

/** Runs the function on the blocks of a kernel, with its indices in order. */
export function onGather(
  { dtype, input, indices, outside }: GatherKernel,
  { columns, width, apart }: Entries,
  call: (...args: number[]) => void,
): LinearRun {
  const [outer = 0, m = 0] = indices.shape
  const bytes = elementBytes[dtype]
  const missing = dtype === 'f32' && outside === 'NaN' ? nan : 0
  const sizes = [outer, input.shape[1] as number, m, columns, bytes * width, 4 * apart, missing]
  return ([from = 0, at = 0], _, out) => call(out, from, at, ...sizes)
}

/** Bytes that a run passes: what it writes and its indices, but not the whole of its input. */
export function gatheredBytes({ dtype, indices }: GatherKernel): number {
  return (elementBytes[dtype] + 4) * sizeOf(indices.shape)
}
