import type { Reduction } from '@wengert/core'
import type { FunctionBuilder, I32, Local, V128 } from './assembler.ts'
import type { Lanes } from './body.ts'
import { f32, f64 } from './instructions.ts'
import { elementBytes } from './linear.ts'
import { narrow } from './math.ts'
import { f32x4, f64x2, i32x4, v128 } from './vectors.ts'

/** Totals of the elements of one register, in one register or several: sums of f32 are kept in f64, in two. */
export type Totals = readonly Local<'v128'>[]

/** Elements in a register, or the address where the four f32 of one stand: from there, one instruction reads and widens two. */
export type Summand = Local<'v128'> | I32

/** How values become totals. */
export interface Sums {
  begin(f: FunctionBuilder): Totals
  /** Combines elements with totals, all or the first only. */
  take(f: FunctionBuilder, totals: Totals, value: Summand, lanes: Lanes): void
  /** Totals as what they are stored. */
  rounded(totals: Totals): V128
  /** Stores the total of all elements of all totals. */
  finish(f: FunctionBuilder, totals: readonly Totals[], out: Local<'i32'>): void
}

/** The totals of registers that hold as many elements as there are lanes. */
export function sumsOf(op: Reduction, dtype: 'i32' | 'f32' | 'f64', lanes: Lanes): Sums {
  const numbers = { i32: i32x4, f32: f32x4, f64: f64x2 }[dtype]
  const bytes = elementBytes[dtype]
  if (op === 'sum')
    return dtype === 'f32' ? wideSums(lanes) : lanewise(numbers.add, numbers.const(0), 'zero', bytes, lanes)
  const end = dtype === 'i32' ? 2147483647 : Number.POSITIVE_INFINITY
  // The least i32 is one further from 0 than the greatest.
  const least = dtype === 'i32' ? -end - 1 : -end
  const all = lanewise(numbers[op], numbers.const(op === 'max' ? least : end), 'repeat', bytes, lanes)
  return dtype === 'f32' && lanes === 4 ? extremes(op, all) : all
}

/**
 * The greatest or least of f32 in three registers: by comparing alone, which takes a single instruction but passes NaN by and takes −0
 * for 0; where there was a NaN; and the signs, which tell −0 from 0 where all else was further away.
 */
function extremes(op: 'max' | 'min', ends: Sums): Sums {
  const [compare, combine] = op === 'max' ? [f32x4.pmax, v128.and] : [f32x4.pmin, v128.or]
  const rounded = ([best, unordered, signs]: Totals): V128 => {
    if (!best || !unordered || !signs) throw new Error('internal: an extreme has three registers')
    const zero = v128.and(signs, f32x4.const(-0))
    return v128.or(v128.bitselect(zero, best, f32x4.eq(best, f32x4.const(0))), unordered)
  }
  return {
    begin: (f) => [...ends.begin(f), f.let(i32x4.const(0)), f.let(i32x4.const(op === 'max' ? -1 : 0))],
    take(f, [best, unordered, signs], value, count) {
      if (!best || !unordered || !signs) return
      const all = registerOf(f, value)
      const lanes = count === 1 ? f.let(i32x4.shuffle(all, all, 0, 0, 0, 0)) : all
      f.set(best, compare(best, lanes))
      f.set(unordered, v128.or(unordered, f32x4.ne(lanes, lanes)))
      f.set(signs, combine(signs, lanes))
    },
    rounded,
    finish: (f, totals, out) => {
      ends.finish(
        f,
        totals.map((total) => [f.let(rounded(total))]),
        out,
      )
    },
  }
}

const registerOf = (f: FunctionBuilder, value: Summand): Local<'v128'> =>
  value.type === 'i32' ? f.let(v128.load(value)) : value

/** Sums of f32 in f64. */
function wideSums(lanes: Lanes): Sums {
  const zero = f64x2.const(0)
  return {
    begin: (f) => (lanes === 4 ? [f.let(zero), f.let(zero)] : [f.let(zero)]),
    take(f, [low, high], value, count) {
      if (!low) return
      const [first, second] =
        value.type === 'i32'
          ? [f64x2.promoteLow(v128.load64Zero(value)), f64x2.promoteLow(v128.load64Zero(value, 8))]
          : [f64x2.promoteLow(value), f64x2.promoteHigh(value)]
      f.set(low, f64x2.add(low, count === 1 ? v128.and(first, i32x4.of(-1, -1, 0, 0)) : first))
      if (high && count > 1) f.set(high, f64x2.add(high, second))
    },
    rounded: ([low, high]) => (high ? narrow([low as Local<'v128'>, high]) : f32x4.demote(low as V128)),
    finish(f, totals, out) {
      const total = f.let(totals.flat().reduce<V128 | null>((a, b) => (a ? f64x2.add(a, b) : b), null) as V128)
      f.run(f32.store(out, f64.toF32(f64.add(f64x2.lane(total, 0), f64x2.lane(total, 1)))))
    },
  }
}

/** Totals of the dtype itself, lane by lane. Where one lane counts, the others are 0, or repeat it. */
function lanewise(
  combine: (a: V128, b: V128) => V128,
  start: V128,
  others: 'zero' | 'repeat',
  bytes: number,
  lanes: Lanes,
): Sums {
  const first = (value: Local<'v128'>): V128 => {
    const high = bytes === 8 ? 1 : 0
    if (others === 'zero') return v128.and(value, i32x4.of(-1, -high, 0, 0))
    return i32x4.shuffle(value, value, 0, high, 0, high)
  }
  return {
    begin: (f) => [f.let(start)],
    take: (f, [total], value, count) => {
      if (!total) return
      const all = registerOf(f, value)
      f.set(total, combine(total, count === 1 ? first(all) : all))
    },
    rounded: ([total]) => total as V128,
    finish(f, totals, out) {
      const all = totals.flat().reduce<V128 | null>((a, b) => (a ? combine(a, b) : b), null) as V128
      const total = f.let(all)
      if (lanes * bytes === 16) f.set(total, combine(total, i32x4.shuffle(total, total, 2, 3, 0, 1)))
      if (bytes === 4) f.set(total, combine(total, i32x4.shuffle(total, total, 1, 0, 3, 2)))
      f.run((bytes === 8 ? v128.store64Lane : v128.store32Lane)(out, total, 0))
    },
  }
}
