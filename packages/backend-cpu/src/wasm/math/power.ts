import type { FunctionBuilder, Local, V128 } from '../assembler.ts'
import { double, float, fma, fma64, narrow, polynomial64, signs, type Wide, wide, wideRounder, words } from '../math.ts'
import { f32x4, f64x2, i32x4, v128 } from '../vectors.ts'
import { expm1Near, expNear, scaled } from './exponential.ts'
import { splitLog } from './logarithm.ts'

/** Minimax: log2((1 + s) / (1 - s)) = s p(s²) for |s| <= 3 - 2√2, error 2^-37. */
const log2Terms = [2.88539008179008, 0.9617966733498, 0.57708358329, 0.411672826434, 0.3407280076]

/** 2^p for p below 128 or 128 itself, times a factor of about 1; subnormal numbers and 0 only where the masks say so. */
export function exp2(f: FunctionBuilder, p: Wide, isSmall: V128, isZero: V128, factor?: Local<'v128'>): V128 {
  const rounder = double(f, wideRounder + 126)
  const t = wide(f, (p) => f64x2.add(p, rounder), p)
  const r = wide(f, (p, t) => f64x2.mul(f64x2.sub(p, f64x2.sub(t, rounder)), double(f, Math.LN2)), p, t)
  const rest = f.let(narrow(r))
  const y = factor ? fma(factor, expm1Near(f, rest), factor) : expNear(f, rest)
  return scaled(f, f.let(y), words(t), f.let(isSmall), isZero)
}

/** x^y as Math.pow has it, 1.2 ulp: 2^(y log2 |x|) with the exponent in f64. */
export function pow(f: FunctionBuilder, x: Local<'v128'>, y: Local<'v128'>): V128 {
  const { e, m } = splitLog(f, f.let(f32x4.abs(x)))
  // What is raised to 0 is 1, even 0, ∞ and NaN.
  const exponent = v128.andNot(e, f32x4.eq(y, float(f, 0)))
  const p = wide(
    f,
    (e, m, y) => {
      const s = f.let(f64x2.div(m, f64x2.add(m, double(f, 2))))
      const z = f.let(f64x2.mul(s, s))
      return f64x2.pmin(f64x2.mul(y, fma64(s, polynomial64(f, z, log2Terms), e)), double(f, 128))
    },
    exponent,
    m,
    y,
  )
  const size = f.let(narrow(p))
  const result = f.let(exp2(f, p, f32x4.lt(size, float(f, -124)), f32x4.lt(size, f32x4.const(-150))))
  const sign = f.let(signs(f, x))
  f.if(i32x4.bitmask(sign), () => {
    const half = f.let(f32x4.mul(y, f32x4.const(0.5)))
    const isInteger = f.let(f32x4.eq(f32x4.floor(y), y))
    const isOdd = v128.and(isInteger, f32x4.ne(f32x4.floor(half), half))
    const isNone = v128.andNot(f32x4.lt(x, f32x4.const(0)), f32x4.eq(x, f32x4.const(Number.NEGATIVE_INFINITY)))
    f.set(result, v128.or(v128.xor(result, v128.and(isOdd, sign)), v128.andNot(isNone, isInteger)))
  })
  return result
}

/** √(x² + y²), ½ ulp; infinite where either is. */
export function hypot(f: FunctionBuilder, x: Local<'v128'>, y: Local<'v128'>): V128 {
  const root = (x: V128, y: V128): V128 => f64x2.sqrt(f64x2.add(f64x2.mul(x, x), f64x2.mul(y, y)))
  const infinity = float(f, Number.POSITIVE_INFINITY)
  const isInfinite = v128.or(f32x4.eq(f32x4.abs(x), infinity), f32x4.eq(f32x4.abs(y), infinity))
  return v128.bitselect(infinity, narrow(wide(f, root, x, y)), isInfinite)
}
