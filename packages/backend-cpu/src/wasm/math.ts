import type { FunctionBuilder, Local, V128 } from './assembler.ts'
import { features } from './engine.ts'
import { f32x4, i32x4, v128 } from './instructions.ts'

// Elementary functions of four f32 at once, by the approximations of backend-webgpu: backends share nothing but core. Errors in ulp are those that `math.test.ts` finds on all orders of magnitude.

const { add, sub, mul, div, abs, neg } = f32x4

const float = (f: FunctionBuilder, n: number): V128 => f.constant(f32x4.const(n))
const integer = (f: FunctionBuilder, n: number): V128 => f.constant(i32x4.const(n))

/** a·b + c, rounded once where the host does both in one instruction. */
const fma = (a: V128, b: V128, c: V128): V128 => (features().fused ? f32x4.relaxedMadd(a, b, c) : add(mul(a, b), c))

/** Minimax on |r| <= ½ ln 2: e^r = 1 + r + r² p(r), error 2^-31 of e^r - 1. */
const expTail = [0.5, 0.16666667, 0.041666478, 0.008333192, 0.0013933823, 1.9958618e-4]

/** Minimax: log(1 + x) = x - x²/2 + x³ p(x) for √½ <= 1 + x <= √2, error 2^-30. */
const logTail = [
  0.3333331, -0.25, 0.20002231, -0.16668533, 0.14217956, -0.123961546, 0.1188989, -0.11728416, 0.06804895,
]

/** Minimax: tanh x = x + x³ p(x²) on |x| <= 0.625, error 2^-27. */
const tanhTail = [-0.3333328, 0.13331412, -0.053737402, 0.020632116, -0.0056977225]

/** Minimax: erf x = x + x p(x²) on |x| <= 0.84, error 2^-27, and erf x = 1 - e^(-q(x)) from there to 3.95, error 2^-28. */
const erfNear = [0.12837917, -0.37612593, 0.11282919, -0.026810095, 0.005063168, -6.384259e-4]
const erfFar = [9.3936564e-5, 1.1281075, 0.63643557, 0.104603775, -0.022559002, 0.0031285337, -2.0483852e-4]

/** ln 2 in two parts, the first of 10 bits: its product with an integer below 2^14 is exact. */
const ln2High = 0.693359375
const ln2Low = Math.LN2 - ln2High

/** The bits of √½, the least fraction after which logarithms split a number. */
const squareRootHalf = 0x3f3504f3

const isNaN = (x: V128): V128 => f32x4.ne(x, x)

/** The magnitude of one vector with the signs of another. */
const withSign = (f: FunctionBuilder, magnitude: V128, signs: V128): V128 =>
  v128.or(magnitude, v128.and(signs, integer(f, -2147483648)))

const polynomial = (f: FunctionBuilder, x: V128, coefficients: readonly number[]): V128 =>
  coefficients.reduceRight<V128 | null>((y, c) => (y ? fma(y, x, float(f, c)) : float(f, c)), null) as V128

/** e^r - 1 for |r| <= ½ ln 2. */
const expm1Near = (f: FunctionBuilder, r: Local<'v128'>): V128 => fma(mul(r, r), polynomial(f, r, expTail), r)

/** 2^n for an i32x4 n from -126 to 127. */
const powerOfTwo = (f: FunctionBuilder, n: V128): V128 => i32x4.shl(i32x4.add(n, integer(f, 127)), 23)

/** n = round(x / ln 2) and x - n ln 2, for a clamped x. */
function splitExponent(f: FunctionBuilder, x: Local<'v128'>): { n: Local<'v128'>; r: Local<'v128'> } {
  const n = f.let(f32x4.nearest(mul(x, float(f, Math.LOG2E))))
  return { n, r: f.let(sub(sub(x, mul(n, float(f, ln2High))), mul(n, float(f, ln2Low)))) }
}

/** e^x, 1 ulp. */
export function exp(f: FunctionBuilder, x: Local<'v128'>): V128 {
  // What is 0 is not computed: masks make many such numbers, and a product that underflows takes a hundred times longer.
  const isZero = f.let(f32x4.lt(x, float(f, -104)))
  const v = f.let(f32x4.min(v128.andNot(x, isZero), float(f, 89)))
  const { n, r } = splitExponent(f, v)
  // Powers of two in two steps: both are in range, and a subnormal result rounds once.
  const k = f.let(i32x4.truncSat(n))
  const half = f.let(i32x4.shr(k, 1))
  const y = mul(mul(add(float(f, 1), expm1Near(f, r)), powerOfTwo(f, half)), powerOfTwo(f, i32x4.sub(k, half)))
  return v128.andNot(y, isZero)
}

/** e^x - 1, 2 ulp. As 2 (2^(n-1) (e^r - 1) + (2^(n-1) - ½)), where nothing cancels for n = 0. */
export function expm1(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const v = f.let(f32x4.min(f32x4.max(x, float(f, -20)), float(f, 89)))
  const { n, r } = splitExponent(f, v)
  const half = f.let(powerOfTwo(f, i32x4.sub(i32x4.truncSat(n), integer(f, 1))))
  const y = f.let(add(mul(half, expm1Near(f, r)), sub(half, float(f, 0.5))))
  // Small arguments keep their sign, and NaN stays.
  const isFixed = v128.or(f32x4.lt(abs(x), float(f, 1e-8)), isNaN(x))
  return v128.bitselect(x, add(y, y), isFixed)
}

/** log x, 1 ulp. */
export function log(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const isSubnormal = f.let(f32x4.lt(x, float(f, 2 ** -126)))
  const scaled = v128.bitselect(mul(x, float(f, 2 ** 23)), x, isSubnormal)
  const word = f.let(i32x4.sub(scaled, integer(f, squareRootHalf)))
  const exponent = i32x4.sub(i32x4.shr(word, 23), v128.and(isSubnormal, integer(f, 23)))
  const e = f.let(f32x4.convert(exponent))
  const m = f.let(sub(i32x4.add(v128.and(word, integer(f, 0x007fffff)), integer(f, squareRootHalf)), float(f, 1)))
  const z = f.let(mul(m, m))
  const rest = sub(add(mul(mul(m, z), polynomial(f, m, logTail)), mul(e, float(f, ln2Low))), mul(float(f, 0.5), z))
  const y = f.let(add(add(m, rest), mul(e, float(f, ln2High))))
  // 0 yields -∞, what is below it NaN, and ∞ and NaN themselves.
  const limit = v128.bitselect(
    float(f, Number.NEGATIVE_INFINITY),
    v128.bitselect(float(f, Number.NaN), x, f32x4.lt(x, float(f, 0))),
    f32x4.eq(x, float(f, 0)),
  )
  const isFinite = v128.and(f32x4.gt(x, float(f, 0)), f32x4.lt(x, float(f, Number.POSITIVE_INFINITY)))
  return v128.bitselect(y, limit, isFinite)
}

/** log(1 + x), 2 ulp: log u + (x - (u - 1)) / u with u = 1 + x rounded. */
export function log1p(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const u = f.let(add(float(f, 1), x))
  // What rounding has lost, taken from the greater of the two.
  const lost = v128.bitselect(sub(float(f, 1), sub(u, x)), sub(x, sub(u, float(f, 1))), f32x4.gt(x, float(f, 1)))
  const correction = f.let(div(lost, u))
  const y = f.let(log(f, u))
  const isPlain = v128.or(f32x4.le(x, float(f, -1)), f32x4.gt(x, float(f, 3e7)))
  const result = v128.bitselect(y, add(y, correction), isPlain)
  const isFixed = v128.or(f32x4.lt(abs(x), float(f, 1e-8)), isNaN(x))
  return v128.bitselect(x, result, isFixed)
}

/** tanh x, 2 ulp. */
export function tanh(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const a = f.let(abs(x))
  const z = f.let(mul(a, a))
  const near = f.let(add(a, mul(mul(a, z), polynomial(f, z, tanhTail))))
  const doubled = f.let(mul(float(f, 2), f32x4.min(a, float(f, 10))))
  const far = f.let(sub(float(f, 1), div(float(f, 2), add(exp(f, doubled), float(f, 1)))))
  return withSign(f, v128.bitselect(near, far, f32x4.lt(a, float(f, 0.625))), x)
}

/** 1 / (1 + e^-x), 2.1 ulp in both tails. */
export function sigmoid(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const below = f.let(neg(abs(x)))
  const e = f.let(exp(f, below))
  return div(v128.bitselect(e, float(f, 1), f32x4.lt(x, float(f, 0))), add(float(f, 1), e))
}

/** log(1 + e^x), 2 ulp. */
export function softplus(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const below = f.let(neg(abs(x)))
  const e = f.let(exp(f, below))
  return add(f32x4.max(x, float(f, 0)), log1p(f, e))
}

/** erf x, 2 ulp. */
export function erf(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const a = f.let(abs(x))
  const z = f.let(mul(a, a))
  const near = f.let(add(a, mul(a, polynomial(f, z, erfNear))))
  const t = f.let(f32x4.min(a, float(f, 3.95)))
  const q = f.let(neg(polynomial(f, t, erfFar)))
  const far = f.let(sub(float(f, 1), exp(f, q)))
  return withSign(f, v128.bitselect(near, far, f32x4.lt(a, float(f, 0.84))), x)
}

/** The sign, ±0 for ±0 and NaN for NaN. */
export function sign(f: FunctionBuilder, x: Local<'v128'>): V128 {
  return v128.bitselect(withSign(f, float(f, 1), x), x, f32x4.gt(abs(x), float(f, 0)))
}
