import type { FunctionBuilder, Local, V128 } from '../assembler.ts'
import { double, float, fma, integer, minusAbs, narrow, polynomial, type Wide, wide, withSign } from '../math.ts'
import { f32x4, f64x2, i32x4, v128 } from '../vectors.ts'
import { exp, ln2High, ln2Low } from './exponential.ts'

const { add, sub, mul, div, abs } = f32x4

/** Minimax: log(1 + m) = m - m²/2 + m³ p(m) for √½ <= 1 + m <= √2, error 2^-27. */
const logTail = [0.3333333, -0.2500082, 0.20001242, -0.1662341, 0.14201586, -0.13159598, 0.12762141, -0.07636359]

/** Minimax: log(1 + t) = t + t² p(t) for 0 <= t <= 1, error 2^-27. */
const softplusTail = [
  -0.4999993, 0.33330464, -0.24958019, 0.19692102, -0.15344882, 0.10661137, -0.057457425, 0.020086423, -0.00329053,
]

/** The bits of √½, the least fraction after which logarithms split a number. */
const squareRootHalf = 0x3f3504f3

/** x = 2^e (1 + m) with √½ <= 1 + m <= √2; e is -∞ for 0 and ∞ for ∞, and NaN for NaN and for what is below 0. */
export function splitLog(f: FunctionBuilder, x: Local<'v128'>): { e: Local<'v128'>; m: Local<'v128'> } {
  const word = f.let(i32x4.sub(x, integer(f, squareRootHalf)))
  const e = f.local('v128')
  // Whatever is not positive, normal and finite, and the greatest number.
  const isSpecial = f.let(i32x4.gt(i32x4.abs(i32x4.sub(x, integer(f, 0x3fffffff))), integer(f, 0x3f7fffff)))
  const exponent = (): V128 => f32x4.convert(i32x4.shr(word, 23))
  f.if(
    i32x4.bitmask(isSpecial),
    () => {
      // The bits of a subnormal number are a multiple of the least one.
      const lifted = i32x4.sub(f32x4.convert(x), i32x4.const(squareRootHalf + (149 << 23)))
      f.set(word, v128.bitselect(lifted, word, f32x4.lt(x, f32x4.const(2 ** -126))))
      const infinity = f32x4.const(Number.POSITIVE_INFINITY)
      f.set(e, v128.bitselect(exponent(), x, f32x4.lt(x, infinity)))
      f.set(e, v128.bitselect(f32x4.neg(infinity), e, f32x4.eq(x, f32x4.const(0))))
      f.set(e, v128.or(e, f32x4.lt(x, f32x4.const(0))))
    },
    () => f.set(e, exponent()),
  )
  const fraction = i32x4.add(v128.and(word, integer(f, 0x007fffff)), integer(f, squareRootHalf))
  return { e, m: f.let(sub(fraction, float(f, 1))) }
}

/** log x, 1 ulp. */
export function log(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const { e, m } = splitLog(f, x)
  const z = f.let(mul(m, m))
  const tail = fma(z, float(f, -0.5), mul(e, float(f, ln2Low)))
  return fma(e, float(f, ln2High), add(m, fma(mul(m, z), polynomial(f, m, logTail), tail)))
}

/** log(1 + e^x), 2 ulp. */
export function softplus(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const t = f.let(exp(f, f.let(minusAbs(f, x))))
  return add(f32x4.pmax(x, float(f, 0)), fma(mul(t, polynomial(f, t, softplusTail)), t, t))
}

/** log(u + lost) for what rounding u has lost. */
function logOf(f: FunctionBuilder, u: Local<'v128'>, lost: V128): V128 {
  const correction = f.let(div(lost, u))
  const y = f.let(log(f, u))
  // Where u is 0 or infinite there is none.
  return add(y, v128.and(correction, f32x4.lt(abs(y), float(f, Number.POSITIVE_INFINITY))))
}

/** log(1 + x), 2 ulp. */
export function log1p(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const one = float(f, 1)
  const u = f.let(add(one, x))
  // Taken from the greater of the two.
  const lost = v128.bitselect(sub(one, sub(u, x)), sub(x, sub(u, one)), f32x4.gt(x, one))
  return v128.bitselect(x, logOf(f, u, lost), f32x4.lt(abs(x), float(f, 2 ** -26)))
}

/** log u for a u of f64; where `isFar`, log 2a. */
function logWide(f: FunctionBuilder, u: Wide, a: V128, isFar: V128): V128 {
  const high = f.let(narrow(u))
  const low = narrow(wide(f, (u, high) => f64x2.sub(u, high), u, high))
  const far = f.let(isFar)
  const y = logOf(f, f.let(v128.bitselect(a, high, far)), v128.andNot(low, far))
  return add(y, v128.and(float(f, Math.LN2), far))
}

/** log(a + √(a² + c)). */
function area(f: FunctionBuilder, a: Local<'v128'>, c: 1 | -1): V128 {
  const root = (a: V128): V128 => f64x2.sqrt(f64x2.add(f64x2.mul(a, a), double(f, c)))
  return logWide(
    f,
    wide(f, (a) => f64x2.add(a, root(a)), a),
    a,
    f32x4.gt(a, float(f, 2 ** 64)),
  )
}

/** An odd function that is x near 0. */
const odd = (f: FunctionBuilder, x: Local<'v128'>, y: V128): V128 =>
  v128.bitselect(x, withSign(f, y, x), f32x4.lt(abs(x), float(f, 2 ** -12)))

/** asinh x, 2 ulp. */
export const asinh = (f: FunctionBuilder, x: Local<'v128'>): V128 => odd(f, x, area(f, f.let(abs(x)), 1))

/** acosh x, 2 ulp. */
export const acosh = (f: FunctionBuilder, x: Local<'v128'>): V128 => v128.or(area(f, x, -1), f32x4.lt(x, float(f, 1)))

/** atanh x, 2 ulp: ½ log((1 + |x|) / (1 - |x|)). */
export function atanh(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const one = double(f, 1)
  const u = wide(f, (a) => f64x2.div(f64x2.add(one, a), f64x2.sub(one, a)), abs(x))
  return odd(f, x, mul(float(f, 0.5), logWide(f, u, x, float(f, 0))))
}
