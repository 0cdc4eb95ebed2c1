import { ln2High, ln2Low, squareRootHalf } from './constants.ts'
import type { Functions } from './functions.ts'
import { literal, polynomial } from './literal.ts'

// Minimax: log(1 + x) = x - x²/2 + x³ p(x) for √½ <= 1 + x <= √2, error 2^-30.
const logTail = [
  0.3333331, -0.25, 0.20002231, -0.16668533, 0.14217956, -0.123961546, 0.1188989, -0.11728416, 0.06804895,
]

// atanh x = x + x³ p(x²) on |x| <= ½, error 2^-29.
const atanhTail = [0.33333302, 0.20002434, 0.14224337, 0.11810967, 0.05182692, 0.17605169]

/** The logarithm and the functions made of it. */
export const logarithm: Functions = {
  // The exponent comes off in integers, which subnormal numbers survive; the fraction lies in [√½, √2).
  logF32: `fn logF32(v: f32) -> f32 {
  let magnitude = bitcast<u32>(v) & 0x7fffffffu;
  let isSubnormal = magnitude < 0x00800000u;
  let word = i32(select(magnitude, bitcast<u32>(f32(magnitude)), isSubnormal)) - ${squareRootHalf};
  let k = (word >> 23u) - select(0, 149, isSubnormal);
  let e = f32(k);
  let x = bitcast<f32>((word & 0x007fffff) + ${squareRootHalf}) - 1f;
  let z = x * x;
  let rest = x * z * ${polynomial('x', logTail)} + e * ${literal(ln2Low)} - 0.5f * z;
  let result = hold(x + rest) + e * ${literal(ln2High)};
  let limit = select(select(nan(), v, bitcast<u32>(v) == 0x7f800000u), -inf(), magnitude == 0u);
  return select(result, limit, magnitude == 0u || bitcast<u32>(v) >= 0x7f800000u);
}`,
  // log u + (1 + v - u) / u with u = 1 + v rounded.
  log1pF32: `fn log1pF32(v: f32) -> f32 {
  let u = select(hold(1f + v), v, v > 3e7f);
  let lost = select(1f - hold(u - v), v - hold(u - 1f), v < 1f);
  let result = logF32(u) + select(0f, lost / u, v > -1f && v < 3e7f);
  let isFixed = v == 0f || isNaN(v) || bitcast<u32>(v) == 0x7f800000u;
  return select(result, v, isFixed);
}`,
  // Far out it is log 2|x|, where the square of x would overflow.
  asinhF32: `fn asinhF32(x: f32) -> f32 {
  let a = abs(x);
  let isFar = a > 1e9f;
  let z = a * a;
  let y = log1pF32(select(a + z / (1f + sqrt(1f + z)), a, isFar)) + select(0f, ${literal(Math.LN2)}, isFar);
  return select(withSign(y, x), x, isNaN(x));
}`,
  acoshF32: `fn acoshF32(x: f32) -> f32 {
  let isFar = x > 1e9f;
  let t = max(x - 1f, 0f);
  let y = log1pF32(select(t + sqrt(t * (t + 2f)), x, isFar)) + select(0f, ${literal(Math.LN2)}, isFar);
  return select(y, nan(), x < 1f || isNaN(x));
}`,
  atanhF32: `fn atanhF32(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.5f) {
    let z = a * a;
    return withSign(a + a * z * ${polynomial('z', atanhTail)}, x);
  }
  let result = 0.5f * log1pF32(2f * a / (1f - a));
  let limit = select(nan(), inf(), bitcast<u32>(a) == 0x3f800000u);
  return withSign(select(result, limit, a >= 1f || isNaN(x)), x);
}`,
}
