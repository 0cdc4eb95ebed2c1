import type { BinaryScalar, UnaryScalar } from '@wengert/core'

/** Scalar functions whose result is a float. */
export type FloatScalar =
  | Exclude<UnaryScalar, 'not' | 'isFinite'>
  | Exclude<BinaryScalar, 'equal' | 'notEqual' | 'less' | 'lessEqual' | 'and' | 'or'>

/**
 * The largest error of each function in f32, in units of the last place of the exact value; everywhere, but for lgamma and
 * polygamma on the positive axis and in orders up to 15. For + − × ÷ these are WGSL's own bounds. All leave room for devices
 * that fuse, regroup, divide and take roots less exactly than those measured in docs/webgpu-accuracy.md.
 */
export const ulps: Readonly<Record<FloatScalar, number>> = {
  neg: 0,
  abs: 0,
  sign: 0,
  floor: 0,
  round: 0,
  maximum: 0,
  minimum: 0,
  add: 0.5,
  sub: 0.5,
  mul: 0.5,
  div: 2.5,
  sqrt: 2.5,
  exp: 1.5,
  expm1: 2,
  log: 1,
  log1p: 2,
  sin: 2,
  cos: 2,
  tan: 4,
  asin: 4,
  acos: 4,
  atan: 2.5,
  sinh: 2,
  cosh: 2,
  tanh: 2,
  asinh: 3,
  acosh: 3,
  atanh: 2,
  sigmoid: 3,
  softplus: 3,
  erf: 2.5,
  erfc: 4,
  erfInv: 3,
  lgamma: 4,
  pow: 4,
  atan2: 3,
  hypot: 4,
  polygamma: 12,
}

/**
 * The same below 0, where lgamma and the even orders of polygamma have a zero between any two poles and lose relative
 * accuracy about it: in units of the last place of 1 for lgamma, and for polygamma(n, x) of n! / d^(n+1), where d
 * is the distance from the nearest pole.
 */
export const ulpsBelowZero: Readonly<Record<'lgamma' | 'polygamma', number>> = { lgamma: 8, polygamma: 12 }
