import type { FunctionBuilder, Local, V128 } from '../assembler.ts'
import { double, float, fma, fma64, narrow, polynomial, signs, wide, wideRounder, words } from '../math.ts'
import { f32x4, f64x2, i32x4, v128 } from '../vectors.ts'

const { mul, div, abs } = f32x4

/** ½π in two parts, the first of 33 bits: its product with an integer below 2^20 is exact in f64. */
const halfPiHigh = 1.5707963267341256
const halfPiLow = 6.077100506506192e-11

// Minimax for |r| <= ¼π: sin r = r + r³ p(r²), error 2^-32; cos r = 1 - ½ r² + r⁴ q(r²), error 2^-33;
// tan r = r + r³ s(r²), error 2^-29.
const sinTail = [-0.16666667, 0.008333372, -1.9849904e-4, 2.8004106e-6]
const cosTail = [0.041666646, -0.001388731, 2.4432338e-5]
const tanTail = [0.3333335, 0.13332675, 0.054058913, 0.021286208, 0.010827444, 9.824686e-5, 0.0043726955]

/** 1 / 2π in parts of 24 bits. */
const turns = [0x28be60, 0xdb9391, 0x054a7f, 0x09d5f4, 0x7d4d37, 0x7036d8, 0xa5664f, 0x10e410].map(
  (bits, i) => bits * 2 ** (-24 * (i + 1)),
)

/**
 * |x| = ½π n + r with |r| <= ¼π; n + shift stands in the low two bits of t. In f64, since near a multiple of ½π little is left
 * of x.
 */
function reduce(f: FunctionBuilder, x: V128, shift: 0 | 1): { t: Local<'v128'>; r: Local<'v128'> } {
  const a = f.let(abs(x))
  const whole = double(f, wideRounder + shift)
  const counted = wide(f, (a) => fma64(a, double(f, 2 / Math.PI), whole), a)
  const rest = (a: V128, t: V128): V128 => {
    const n = f.let(f64x2.sub(t, whole))
    return fma64(n, double(f, -halfPiLow), fma64(n, double(f, -halfPiHigh), a))
  }
  const r = f.let(narrow(wide(f, rest, a, counted)))
  const t = f.let(words(counted))
  const isLarge = f.let(f32x4.gt(a, float(f, 2 ** 20)))
  f.if(i32x4.bitmask(isLarge), () => {
    // After Payne and Hanek (1983): the fraction of a turn. Products with its parts are exact, and whole turns go at once.
    const fraction = (a: V128): V128 => {
      const sum = f.let(f64x2.const(0))
      for (const part of turns) {
        f.set(sum, fma64(a, f64x2.const(part), sum))
        f.set(sum, f64x2.sub(sum, f64x2.nearest(sum)))
      }
      return f64x2.mul(sum, f64x2.const(4))
    }
    const quarters = wide(f, fraction, a)
    const counted = wide(f, (x) => f64x2.add(x, whole), quarters)
    const angle = (x: V128, t: V128): V128 => f64x2.mul(f64x2.sub(x, f64x2.sub(t, whole)), f64x2.const(Math.PI / 2))
    f.set(t, v128.bitselect(words(counted), t, isLarge))
    f.set(r, v128.bitselect(narrow(wide(f, angle, quarters, counted)), r, isLarge))
  })
  return { t, r }
}

/** Ones where n + shift is odd. */
const isOdd = (t: V128): V128 => i32x4.shr(i32x4.shl(t, 31), 31)

/** sin (½π n + r) or, with a shift of 1, cos. */
function sine(f: FunctionBuilder, x: V128, shift: 0 | 1): V128 {
  const { t, r } = reduce(f, x, shift)
  const z = f.let(mul(r, r))
  const even = fma(mul(r, z), polynomial(f, z, sinTail), r)
  const odd = fma(mul(z, z), polynomial(f, z, cosTail), fma(z, float(f, -0.5), float(f, 1)))
  return v128.xor(v128.bitselect(odd, even, isOdd(t)), signs(f, i32x4.shl(t, 30)))
}

/** sin x, 2 ulp. */
export const sin = (f: FunctionBuilder, x: Local<'v128'>): V128 => v128.xor(sine(f, x, 0), signs(f, x))

/** cos x, 2 ulp. */
export const cos = (f: FunctionBuilder, x: Local<'v128'>): V128 => sine(f, x, 1)

/** tan x, 2.4 ulp: tan r, or -1 / tan r after an odd number of quarter turns. */
export function tan(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const { t, r } = reduce(f, x, 0)
  const z = f.let(mul(r, r))
  const y = f.let(fma(mul(r, z), polynomial(f, z, tanTail), r))
  const turned = f.let(isOdd(t))
  const quotient = div(v128.bitselect(float(f, -1), y, turned), v128.bitselect(y, float(f, 1), turned))
  return v128.xor(quotient, signs(f, x))
}
