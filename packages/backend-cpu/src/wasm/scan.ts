import type { ScanKernel } from '@wengert/core'
import { FunctionBuilder, type I32, type V128 } from './assembler.ts'
import { f32, f64, i32 } from './instructions.ts'
import type { LinearRun } from './linear.ts'
import { f32x4, f64x2, i32x4, v128 } from './vectors.ts'

/** Columns that are summed up together: 16 or 4 neighbours, or one. */
type Width = 16 | 4 | 1

/**
 * `run(out, input, outer, block, n, step, wide, narrow, single, apart)`: running sums down columns of n elements `step` bytes apart,
 * in each of `outer` blocks of `block` bytes: 16 · wide + 4 · narrow columns side by side, and then `single` ones `apart` bytes
 * from each other.
 */
export function scanFunction(dtype: 'f32' | 'i32'): FunctionBuilder {
  const word = 'i32' as const
  const f = new FunctionBuilder('run', [word, word, word, word, word, word, word, word, word, word])
  const [out, input, outer, block, n, step, wide, narrow, single, apart] = f.params
  const [from, to] = [f.local(word), f.local(word)]
  /** `count` strips at a time, `between` bytes from each other. */
  const strips = (width: Width, count: number, times: I32, between: I32): void => {
    const strip = Array.from({ length: count }, () => ({
      totals: totalsOf(f, dtype, width),
      at: f.local(word),
      to: f.local(word),
    }))
    f.times(times, () => {
      for (const each of strip) {
        each.totals.clear()
        f.set(each.at, from)
        f.set(each.to, to)
        f.advance(from, between)
        f.advance(to, between)
      }
      f.times(n, () => {
        for (const each of strip) {
          each.totals.add(each.at)
          each.totals.store(each.to)
          f.advance(each.at, step)
          f.advance(each.to, step)
        }
      })
    })
  }
  f.times(outer, () => {
    f.set(from, input)
    f.set(to, out)
    strips(16, 1, wide, i32.const(64))
    strips(4, 1, narrow, i32.const(16))
    // Several at a time: each sum waits for the one before.
    strips(1, 4, i32.shr(single, 2), apart)
    strips(1, 1, i32.and(single, i32.const(3)), apart)
    f.advance(input, block)
    f.advance(out, block)
  })
  return f
}

/** Runs the function on the blocks of a kernel. Rows by themselves are columns of one block. */
export function onScan({ input, reverse }: ScanKernel, call: (...args: number[]) => void): LinearRun {
  const [outer = 0, n = 0, inner = 0] = input.shape
  const [row, block] = [4 * inner, 4 * n * inner]
  const first = reverse ? block - row : 0
  const step = reverse ? -row : row
  const columns =
    inner === 1
      ? [1, 0, n, step, 0, 0, outer, block]
      : [outer, block, n, step, inner >> 4, (inner & 15) >> 2, inner & 3, 4]
  return ([at = 0], _, out) => call(out + first, at + first, ...columns)
}

/** Running totals of neighbours, in registers: i32 wrap around, those of f32 are kept in f64. */
interface Totals {
  clear(): void
  /** Adds the numbers that begin at an address. */
  add(at: I32): void
  /** Stores the totals in their dtype. */
  store(at: I32): void
}

function totalsOf(f: FunctionBuilder, dtype: 'f32' | 'i32', width: Width): Totals {
  if (width === 1) return dtype === 'f32' ? oneFloat(f) : oneInteger(f)
  const four = dtype === 'f32' ? fourFloats : fourIntegers
  const groups = Array.from({ length: width / 4 }, (_, i) => four(f, 16 * i))
  const all = (visit: (group: Totals) => void): void => groups.forEach(visit)
  return {
    clear: () => all((group) => group.clear()),
    add: (at) => all((group) => group.add(at)),
    store: (at) => all((group) => group.store(at)),
  }
}

function oneFloat(f: FunctionBuilder): Totals {
  const total = f.local('f64')
  return {
    clear: () => f.set(total, f64.const(0)),
    add: (at) => f.set(total, f64.add(total, f64.promote(f32.load(at)))),
    store: (at) => f.run(f32.store(at, f64.toF32(total))),
  }
}

function oneInteger(f: FunctionBuilder): Totals {
  const total = f.local('i32')
  return {
    clear: () => f.set(total, i32.const(0)),
    add: (at) => f.advance(total, i32.load(at)),
    store: (at) => f.run(i32.store(at, total)),
  }
}

function fourFloats(f: FunctionBuilder, offset: number): Totals {
  const [low, high] = [f.local('v128'), f.local('v128')]
  const two = (at: I32, from: number): V128 => f64x2.promoteLow(v128.load64Zero(at, from))
  return {
    clear() {
      f.set(low, f64x2.const(0))
      f.set(high, f64x2.const(0))
    },
    add(at) {
      f.set(low, f64x2.add(low, two(at, offset)))
      f.set(high, f64x2.add(high, two(at, offset + 8)))
    },
    store: (at) => f.run(v128.store(at, i32x4.shuffle(f32x4.demote(low), f32x4.demote(high), 0, 1, 4, 5), offset)),
  }
}

function fourIntegers(f: FunctionBuilder, offset: number): Totals {
  const total = f.local('v128')
  return {
    clear: () => f.set(total, i32x4.const(0)),
    add: (at) => f.set(total, i32x4.add(total, v128.load(at, offset))),
    store: (at) => f.run(v128.store(at, total, offset)),
  }
}
