import { ln2High, ln2Low } from './constants.ts'
import type { Functions } from './functions.ts'
import { literal, polynomial } from './literal.ts'

// Minimax on |r| <= ½ ln 2: e^r = 1 + r + r² p(r), error 2^-31 of e^r - 1.
const expTail = [0.5, 0.16666667, 0.041666478, 0.008333192, 0.0013933823, 1.9958618e-4]

// sinh x = x + x³ p(x²) on |x| <= 1, error 2^-31.
const sinhTail = [0.16666667, 0.008333315, 1.9841627e-4, 2.7902342e-6]

// tanh x = x + x³ p(x²) on |x| <= 0.625, error 2^-27.
const tanhTail = [-0.3333328, 0.13331412, -0.053737402, 0.020632116, -0.0056977225]

/** The exponential function and its kin. Steps that cancel are exact or held; the rest may be regrouped or fused. */
export const exponential: Functions = {
  // x + tail less the nearest multiple n ln 2, for a small tail.
  expRest: `fn expRest(x: f32, n: f32, tail: f32) -> f32 {
  return hold(x - n * ${literal(ln2High)}) - (n * ${literal(ln2Low)} - tail);
}`,
  // e^r - 1 for |r| <= ½ ln 2.
  expm1Near: `fn expm1Near(r: f32) -> f32 {
  return r + r * r * ${polynomial('r', expTail)};
}`,
  // y 2^k for y in [½, 2). The exponent is added in integers, since 2^128 times a number below 1 must not overflow; a subnormal
  // result comes of one last product, so that it rounds once.
  scaleBy: `fn scaleBy(y: f32, k: i32) -> f32 {
  let isSmall = k < -100;
  let word = bitcast<i32>(y) + ((k + select(0, 64, isSmall)) << 23u);
  let scaled = bitcast<f32>(word);
  let isOver = (bitcast<i32>(y) >> 23u) + k > 254;
  return select(select(scaled, scaled * ${literal(2 ** -64)}, isSmall), inf(), isOver);
}`,
  // e^(x + tail) 2^shift for a small tail and shift.
  expScaled: `fn expScaled(x: f32, tail: f32, shift: i32) -> f32 {
  let v = clamp(x, -120f, 120f);
  let n = round((v + tail) * ${literal(Math.LOG2E)});
  let y = 1f + expm1Near(expRest(v, n, tail));
  return select(scaleBy(y, i32(n) + shift), x, isNaN(x));
}`,
  expF32: `fn expF32(x: f32) -> f32 {
  return expScaled(x, 0f, 0);
}`,
  // As 2 (2^(n-1) (e^r - 1) + (2^(n-1) - ½)), where nothing cancels for n = 0; small arguments keep their sign.
  expm1F32: `fn expm1F32(x: f32) -> f32 {
  let v = clamp(x, -20f, 89f);
  let n = round(v * ${literal(Math.LOG2E)});
  let half = powerOfTwo(i32(n) - 1);
  let result = 2f * (half * expm1Near(expRest(v, n, 0f)) + hold(half - 0.5f));
  return select(result, x, abs(x) < 1e-8f || isNaN(x));
}`,
  sigmoidF32: `fn sigmoidF32(x: f32) -> f32 {
  let e = expF32(-abs(x));
  return select(e, 1f, x >= 0f) / (1f + e);
}`,
  softplusF32: `fn softplusF32(x: f32) -> f32 {
  let result = max(x, 0f) + log1pF32(expF32(-abs(x)));
  return select(result, x, isNaN(x));
}`,
  sinhF32: `fn sinhF32(x: f32) -> f32 {
  let a = abs(x);
  if (a < 1f) {
    let z = a * a;
    return withSign(a + a * z * ${polynomial('z', sinhTail)}, x);
  }
  let half = expScaled(a, 0f, -1);
  return withSign(half - 0.25f / min(half, 1e30f), x);
}`,
  coshF32: `fn coshF32(x: f32) -> f32 {
  let half = expScaled(abs(x), 0f, -1);
  return half + 0.25f / min(half, 1e30f);
}`,
  tanhF32: `fn tanhF32(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.625f) {
    let z = a * a;
    return withSign(a + a * z * ${polynomial('z', tanhTail)}, x);
  }
  let result = 1f - 2f / (expF32(2f * min(a, 10f)) + 1f);
  return select(withSign(result, x), x, isNaN(x));
}`,
}
