import type { FunctionBuilder, Local, V128 } from '../assembler.ts'
import { double, float, fma, isNaN, narrow, polynomial, signs, wide, withSign } from '../math.ts'
import { f32x4, f64x2, i32x4, v128 } from '../vectors.ts'

const { add, sub, mul, abs, sqrt } = f32x4

/** Minimax: asin s = s + s³ p(s²) for |s| <= ½, error 2^-27; atan t = t + t³ q(t²) for |t| <= 1, error 2^-28. */
const asinTail = [0.16666752, 0.074953094, 0.045469154, 0.024184741, 0.0421584]
const atanTail = [
  -0.333333, 0.1999853, -0.14264016, 0.109508805, -0.08399306, 0.05788138, -0.031096961, 0.01086866, -0.0017828123,
]

/** ½π, and what the nearest f32 lacks of it. */
const quarter = Math.PI / 2
const quarterLow = quarter - Math.fround(quarter)

/** asin s for an s of at most ½: x itself, or √((1 - |x|) / 2) where |x| is greater. `lost` is taken off before the sum is rounded. */
function asinNear(f: FunctionBuilder, x: V128, isFar: V128, lost: V128): V128 {
  const half = f.let(fma(abs(x), float(f, -0.5), float(f, 0.5)))
  const s = f.let(v128.bitselect(sqrt(half), x, isFar))
  const z = f.let(v128.bitselect(half, mul(x, x), isFar))
  return add(s, fma(mul(s, z), polynomial(f, z, asinTail), f32x4.neg(lost)))
}

const isBeyondHalf = (f: FunctionBuilder, x: V128): V128 => f32x4.gt(abs(x), float(f, 0.5))

/** asin x, 2 ulp; beyond ½ it is ½π - 2 asin √((1 - x) / 2). */
export function asin(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const isFar = f.let(isBeyondHalf(f, x))
  const lost = v128.and(isFar, float(f, quarterLow / 2))
  const near = f.let(asinNear(f, x, isFar, lost))
  return v128.bitselect(withSign(f, fma(near, float(f, -2), float(f, quarter)), x), near, isFar)
}

/** acos x, 2 ulp. */
export function acos(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const isFar = f.let(isBeyondHalf(f, x))
  const isSmall = f.let(f32x4.gt(x, float(f, 0.5)))
  const near = f.let(asinNear(f, x, isFar, v128.andNot(float(f, quarterLow), isSmall)))
  const y = f.let(v128.bitselect(near, sub(float(f, quarter), near), isSmall))
  return add(y, v128.and(y, isFar))
}

/** The angle of the point (x, y), 2 ulp. */
export function atan2(f: FunctionBuilder, y: Local<'v128'>, x: Local<'v128'>): V128 {
  const [a, b] = [f.let(abs(x)), f.let(abs(y))]
  // In f64, so that no quotient overflows or loses digits. 0/0 is 0 here, and ∞/∞ is 1.
  const limited = (v: V128): V128 => f64x2.pmin(v, double(f, 2 ** 1000))
  const quotient = (least: V128, most: V128): V128 =>
    f64x2.div(limited(least), f64x2.pmax(limited(most), double(f, 2 ** -1000)))
  const isSteep = f.let(f32x4.gt(b, a))
  const isLeft = f.let(i32x4.shr(x, 31))
  const t = f.let(narrow(wide(f, quotient, f32x4.pmin(a, b), f32x4.pmax(a, b))))
  const z = f.let(mul(t, t))
  // The angle from the nearest axis, and then that of the axis.
  const turn = f.let(signs(f, v128.xor(isSteep, isLeft)))
  const s = f.let(v128.xor(t, turn))
  const axis = (angle: number): V128 => v128.bitselect(float(f, angle), v128.and(float(f, 2 * angle), isLeft), isSteep)
  const near = add(s, fma(mul(s, z), polynomial(f, z, atanTail), axis(quarterLow)))
  return v128.or(withSign(f, add(axis(quarter), near), y), v128.or(isNaN(x), isNaN(y)))
}

/** atan x, 2 ulp. */
export const atan = (f: FunctionBuilder, x: Local<'v128'>): V128 => atan2(f, x, f.constant(f32x4.const(1)))
