import type { FunctionBuilder, Local, V128 } from '../assembler.ts'
import { double, float, fma, narrow, polynomial, polynomial64, wide, withSign } from '../math.ts'
import { f32x4, f64x2, i32x4, v128 } from '../vectors.ts'
import { expNormal } from './exponential.ts'
import { log } from './logarithm.ts'
import { exp2 } from './power.ts'

const { add, sub, mul, abs, neg } = f32x4

/** Minimax: erf x = x + x p(x²) on |x| <= 0.84, error 2^-27, and erf x = 1 - e^(-q(x)) from there to 3.95, error 2^-28. */
const erfNear = [0.12837917, -0.37612593, 0.11282919, -0.026810095, 0.005063168, -6.384259e-4]
const erfFar = [9.3936564e-5, 1.1281075, 0.63643557, 0.104603775, -0.022559002, 0.0031285337, -2.0483852e-4]

/** Minimax: e^(x²) erfc x = p(q) / (1 + x) with q = (x - 3) / (x + 3) from 0 to 10.2, error 2^-29. */
const erfcTerms = [
  0.7160046053, -0.2309273514, 0.0990206892, -0.0102346922, -0.0238023967, 0.0219509401, -0.009765115, 0.0016403943,
  0.0007045794, -0.0003720122, -0.0001050818,
]

/**
 * erfInv x = x p(w - 2.5) for w = -log(1 - x²) below 5, x q(√w - 3) beyond: the variables of Giles, Approximating the erfinv function
 * (2010), with minimax coefficients of our own.
 */
const erfInvNear = [
  1.5014094, 0.2466403, -0.0041775, -0.0012527597, 2.1841053e-4, -4.9533132e-6, -3.4769419e-6, 4.6406515e-7,
  2.4252797e-8, -8.643257e-9,
]
const erfInvFar = [
  2.8329768, 1.001674, 0.009440347, -0.0076218653, 0.005733662, -0.0036751719, 0.0013580236, 1.02300546e-4,
  -2.045724e-4,
]

/** erf x, 2 ulp. */
export function erf(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const a = f.let(abs(x))
  const z = f.let(mul(a, a))
  const near = fma(a, polynomial(f, z, erfNear), a)
  const q = f.let(neg(polynomial(f, f.let(f32x4.pmin(a, float(f, 3.95))), erfFar)))
  const far = sub(float(f, 1), expNormal(f, q))
  return withSign(f, v128.bitselect(near, far, f32x4.lt(a, float(f, 0.84))), x)
}

/** 1 - erf x, 2 ulp. */
export function erfc(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const a = f.let(f32x4.pmin(abs(x), float(f, 11)))
  const factor = wide(
    f,
    (a) => {
      const q = f.let(f64x2.div(f64x2.sub(a, double(f, 3)), f64x2.add(a, double(f, 3))))
      return f64x2.div(polynomial64(f, q, erfcTerms), f64x2.add(a, double(f, 1)))
    },
    a,
  )
  const p = wide(f, (a) => f64x2.mul(f64x2.mul(a, a), double(f, -Math.LOG2E)), a)
  const tail = f.let(exp2(f, p, f32x4.gt(a, float(f, 9)), f32x4.const(0), f.let(narrow(factor))))
  return v128.bitselect(sub(float(f, 2), tail), tail, f32x4.lt(x, float(f, 0)))
}

/** The inverse of erf, 2.1 ulp. */
export function erfInv(f: FunctionBuilder, x: Local<'v128'>): V128 {
  const one = float(f, 1)
  const a = f.let(abs(x))
  const w = f.let(neg(log(f, f.let(mul(sub(one, a), add(one, a))))))
  const slope = f.let(polynomial(f, f.let(sub(w, float(f, 2.5))), erfInvNear))
  const isFar = f.let(f32x4.gt(w, float(f, 5)))
  // Three draws in a thousand are.
  f.if(i32x4.bitmask(isFar), () => {
    const far = polynomial(f, f.let(sub(f32x4.sqrt(w), f32x4.const(3))), erfInvFar)
    const slopeOfOne = f32x4.const(Number.POSITIVE_INFINITY)
    f.set(slope, v128.bitselect(v128.bitselect(slopeOfOne, far, f32x4.eq(a, f32x4.const(1))), slope, isFar))
  })
  return mul(x, slope)
}
