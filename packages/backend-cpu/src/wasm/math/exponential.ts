import type { FunctionBuilder, Local, V128 } from '../assembler.ts'
import { float, fma, integer, minusAbs, polynomial, rounder, withSign } from '../math.ts'
import { f32x4, i32x4, v128 } from '../vectors.ts'

const { add, sub, mul, div, abs } = f32x4

/** ln 2 in two parts, the first of 12 bits: its product with an integer up to 2^12 is exact. */
export const ln2High: number = 2839 / 4096
export const ln2Low: number = Math.LN2 - ln2High

/** Minimax on |r| <= ½ ln 2: e^r = 1 + r + r² p(r), error 2^-28. */
const expTail = [0.49999994, 0.16666521, 0.041668266, 0.008368684, 0.0013820947]

/** sinh x = x + x³ p(x²) on |x| <= 1, error 2^-31. */
const sinhTail = [0.16666667, 0.008333315, 1.9841627e-4, 2.7902342e-6]

/** x = n ln 2 + r with |r| <= ½ ln 2, for |x| below 2^8; n + bias in the low bits of t. */
function split(f: FunctionBuilder, x: Local<'v128'>, bias: number): { t: Local<'v128'>; r: Local<'v128'> } {
  const t = f.let(fma(x, float(f, Math.LOG2E), float(f, rounder + bias)))
  const n = f.let(sub(t, float(f, rounder + bias)))
  return { t, r: f.let(fma(n, float(f, -ln2Low), fma(n, float(f, -ln2High), x))) }
}

/** e^r - 1 for |r| <= ½ ln 2. No product of it underflows but that of a subnormal r. */
export const expm1Near = (f: FunctionBuilder, r: Local<'v128'>): V128 => fma(mul(r, polynomial(f, r, expTail)), r, r)

/** e^r for |r| <= ½ ln 2. */
export const expNear = (f: FunctionBuilder, r: Local<'v128'>): V128 => polynomial(f, r, [1, 1, ...expTail])

/**
 * y 2^(n+1) for y about 1 and n + 127 in the low bits of t: infinite beyond the greatest number, 0 where `isZero`. What is below
 * 2^-124 must be marked by `isSmall`; subnormal numbers are rounded once.
 */
export function scaled(f: FunctionBuilder, y: Local<'v128'>, t: V128, isSmall: Local<'v128'>, isZero: V128): V128 {
  const power = f.let(i32x4.shl(t, 23))
  const half = f.let(mul(y, power))
  const result = f.let(add(half, half))
  f.if(i32x4.bitmask(isSmall), () => {
    // Products that underflow take a hundred times longer, so exponents are added.
    const times = (k: number): V128 => i32x4.add(i32x4.add(y, power), i32x4.const(k << 23))
    const small = roundedSubnormal(f.let(times(23)), times(-126))
    f.set(result, v128.bitselect(v128.andNot(small, isZero), result, isSmall))
  })
  return result
}

/** The bits of 86: up to there, e^x and e^-x are normal numbers. */
const mostNear = 0x42ac0000

/** e^x, 1.2 ulp. */
export function exp(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const { t, r } = split(f, x, 0)
  const y = f.let(i32x4.add(expNear(f, r), i32x4.shl(t, 23)))
  const isFar = f.let(i32x4.gt(v128.and(x, integer(f, 0x7fffffff)), integer(f, mostNear)))
  f.if(i32x4.bitmask(isFar), () => {
    // Most of what is far is masked, and 0.
    const isZero = f.let(f32x4.lt(x, f32x4.const(-104)))
    f.set(y, v128.andNot(y, isZero))
    f.set(isFar, v128.andNot(isFar, isZero))
    f.if(i32x4.bitmask(isFar), () => {
      const times = (k: number): V128 => i32x4.add(y, i32x4.const(k << 23))
      const half = f.let(times(-1))
      const infinity = f32x4.const(Number.POSITIVE_INFINITY)
      const great = v128.bitselect(add(half, half), add(x, infinity), f32x4.lt(x, f32x4.const(89)))
      const small = roundedSubnormal(f.let(times(149)), y)
      f.set(y, v128.bitselect(v128.bitselect(small, great, f32x4.lt(x, f32x4.const(0))), y, isFar))
    })
  })
  return y
}

/** A small number y, by its multiple of the least number: subnormal ones are rounded by adding 2^23 to that. */
function roundedSubnormal(multiple: Local<'v128'>, y: V128): V128 {
  const subnormal = i32x4.sub(add(multiple, f32x4.const(2 ** 23)), i32x4.const(150 << 23))
  return v128.bitselect(subnormal, y, f32x4.lt(multiple, f32x4.const(2 ** 23)))
}

/** e^x for x from -86 to 86. */
export function expNormal(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const { t, r } = split(f, x, 127)
  return mul(expNear(f, r), i32x4.shl(t, 23))
}

/** ½ e^x - ½ for x from -20 on, NaN for NaN: 2^(n-1) (e^r - 1) + (2^(n-1) - ½), where nothing cancels for n = 0. */
function halfExpm1(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const { t, r } = split(f, x, 126)
  const half = f.let(i32x4.shl(t, 23))
  return fma(half, expm1Near(f, r), sub(half, float(f, 0.5)))
}

/** e^x - 1, 2 ulp. */
export function expm1(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const y = f.let(halfExpm1(f, f.let(f32x4.pmax(f32x4.pmin(x, float(f, 89)), float(f, -20)))))
  return withSign(f, add(y, y), x)
}

/** tanh x, 2.5 ulp: h / (1 + h) with 2h = e^2x - 1. */
export function tanh(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const a = f.let(f32x4.pmin(abs(x), float(f, 10)))
  const h = f.let(halfExpm1(f, f.let(add(a, a))))
  return withSign(f, div(h, add(h, float(f, 1))), x)
}

/** ½ e^|x|, which overflows where sinh and cosh do. */
function halfExp(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const { t, r } = split(f, f.let(f32x4.pmin(abs(x), float(f, 89.5))), 125)
  const y = f.let(mul(expNear(f, r), i32x4.shl(t, 23)))
  return add(y, y)
}

/** sinh x, 2 ulp. */
export function sinh(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const half = f.let(halfExp(f, x))
  const far = withSign(f, sub(half, div(float(f, 0.25), half)), x)
  const z = f.let(mul(x, x))
  const near = fma(mul(x, z), polynomial(f, z, sinhTail), x)
  return v128.bitselect(near, far, f32x4.lt(z, float(f, 1)))
}

/** cosh x, 2 ulp. */
export function cosh(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const half = f.let(halfExp(f, x))
  return add(half, div(float(f, 0.25), half))
}

/** 1 / (1 + e^-x), 2.5 ulp in both tails. */
export function sigmoid(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const e = f.let(exp(f, f.let(minusAbs(f, x))))
  return div(v128.bitselect(e, float(f, 1), f32x4.lt(x, float(f, 0))), add(float(f, 1), e))
}
