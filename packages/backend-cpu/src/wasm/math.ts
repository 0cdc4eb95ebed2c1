import type { FunctionBuilder, Local, V128 } from './assembler.ts'
import { features } from './engine.ts'
import { f32x4, f64x2, i32x4, v128 } from './vectors.ts'

// What the elementary functions in `math` are made of: vectors of four f32, or of two f64 where f32 has too few bits. Nothing but
// the number itself decides on the bits of a result: branches skip what no lane needs, and lanes are selected one by one.

export const float = (f: FunctionBuilder, n: number): V128 => f.constant(f32x4.const(n))
export const integer = (f: FunctionBuilder, n: number): V128 => f.constant(i32x4.const(n))
export const double = (f: FunctionBuilder, n: number): V128 => f.constant(f64x2.const(n))

/** a·b + c, rounded once where the host does both in one instruction. */
export const fma = (a: V128, b: V128, c: V128): V128 =>
  features().fused ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)

/** The same in f64. */
export const fma64 = (a: V128, b: V128, c: V128): V128 =>
  features().fused ? f64x2.relaxedMadd(a, b, c) : f64x2.add(f64x2.mul(a, b), c)

/** Coefficients lowest power first. */
export const polynomial = (f: FunctionBuilder, x: Local<'v128'>, coefficients: readonly number[]): V128 =>
  coefficients.map((c) => float(f, c)).reduceRight((y, c) => fma(y, x, c))

export const polynomial64 = (f: FunctionBuilder, x: Local<'v128'>, coefficients: readonly number[]): V128 =>
  coefficients.map((c) => double(f, c)).reduceRight((y, c) => fma64(y, x, c))

/** Added to a number below 2^22, it rounds it to an integer that stands in the low bits of the sum. */
export const rounder: number = 1.5 * 2 ** 23

/** The same for an f64 below 2^51: the integer stands in the low word. */
export const wideRounder: number = 1.5 * 2 ** 52

export const isNaN = (x: V128): V128 => f32x4.ne(x, x)

/** The bits of the signs. */
export const signs = (f: FunctionBuilder, x: V128): V128 => v128.and(x, integer(f, -2147483648))

/** A magnitude with the signs of another vector. */
export const withSign = (f: FunctionBuilder, magnitude: V128, x: V128): V128 => v128.or(magnitude, signs(f, x))

/** -|x|. */
export const minusAbs = (f: FunctionBuilder, x: V128): V128 => v128.or(x, integer(f, -2147483648))

/** Four numbers as two vectors of f64. */
export type Wide = readonly [Local<'v128'>, Local<'v128'>]

/** A function of two f64, applied to four numbers. */
export const wide = (
  f: FunctionBuilder,
  compute: (...xs: Local<'v128'>[]) => V128,
  ...vectors: readonly (V128 | Wide)[]
): Wide => {
  const parts = vectors.map((x): Wide => ('code' in x ? [f.let(f64x2.promoteLow(x)), f.let(f64x2.promoteHigh(x))] : x))
  return [f.let(compute(...parts.map(([low]) => low))), f.let(compute(...parts.map(([, high]) => high)))]
}

/** Four f64 rounded to f32. */
export const narrow = ([low, high]: Wide): V128 => i32x4.shuffle(f32x4.demote(low), f32x4.demote(high), 0, 1, 4, 5)

/** The lower words of four f64. */
export const words = ([low, high]: Wide): V128 => i32x4.shuffle(low, high, 0, 2, 4, 6)

/** The sign, ±0 for ±0 and NaN for NaN. */
export function sign(f: FunctionBuilder, x: Local<'v128'>): V128 {
  return v128.bitselect(withSign(f, float(f, 1), x), x, f32x4.gt(f32x4.abs(x), float(f, 0)))
}
