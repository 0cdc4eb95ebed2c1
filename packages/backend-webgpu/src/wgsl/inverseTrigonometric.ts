import type { Functions } from './functions.ts'
import { literal, polynomial } from './literal.ts'

// Minimax: asin x = x + x³ p(x²) on |x| <= ½, error 2^-31; atan x = x + x³ q(x²) on |x| <= √2 - 1, error 2^-30.
const asinTail = [0.1666666, 0.075005144, 0.044515636, 0.03181553, 0.014416952, 0.037539285]
const atanTail = [-0.33333316, 0.19998522, -0.14244214, 0.10597545, -0.060853742]

// What the f32 nearest to ½π lacks.
const halfPiLow = Math.PI / 2 - Math.fround(Math.PI / 2)

export const inverseTrigonometric: Functions = {
  asinNear: `fn asinNear(x: f32) -> f32 {
  let z = x * x;
  return x + x * z * ${polynomial('z', asinTail)};
}`,
  // asin x = ½π - 2 asin √((1 - x) / 2)
  asinF32: `fn asinF32(x: f32) -> f32 {
  let a = abs(x);
  let far = ${literal(Math.PI / 2)} - (2f * asinNear(sqrt(0.5f - 0.5f * a)) - ${literal(halfPiLow)});
  let y = withSign(select(asinNear(a), far, a > 0.5f), x);
  return select(y, nan(), a > 1f || isNaN(x));
}`,
  acosF32: `fn acosF32(x: f32) -> f32 {
  let a = abs(x);
  let twice = 2f * asinNear(sqrt(0.5f - 0.5f * a));
  let far = select(twice, ${literal(Math.PI)} - twice, x < 0f);
  let y = select(${literal(Math.PI / 2)} - asinNear(x), far, a > 0.5f);
  return select(y, nan(), a > 1f || isNaN(x));
}`,
  // atan t for 0 <= t <= 1, about 0 or about ¼π.
  atanUnit: `fn atanUnit(t: f32) -> f32 {
  let isFar = t > 0.41421357f;
  let x = select(t, (t - 1f) / (t + 1f), isFar);
  let z = x * x;
  let y = x + (x * z * ${polynomial('z', atanTail)} + select(0f, ${literal(halfPiLow / 2)}, isFar));
  return select(0f, ${literal(Math.PI / 4)}, isFar) + hold(y);
}`,
  atanF32: `fn atanF32(x: f32) -> f32 {
  let a = abs(x);
  let isFar = a > 1f;
  let y = atanUnit(select(a, 1f / min(a, 1e30f), isFar));
  return select(withSign(select(y, ${literal(Math.PI / 2)} - y, isFar), x), x, isNaN(x));
}`,
  // The quotient is formed of magnitudes far from the ends of the range: scaled, or the words of two subnormal numbers.
  atan2F32: `fn atan2F32(y: f32, x: f32) -> f32 {
  let p = bitcast<u32>(x) & 0x7fffffffu;
  let q = bitcast<u32>(y) & 0x7fffffffu;
  let scale = powerOfTwo(clamp(127 - i32(max(p, q) >> 23u), -126, 126));
  let areSubnormal = max(p, q) < 0x00800000u;
  let a = select(abs(x) * scale, f32(p), areSubnormal);
  let b = select(abs(y) * scale, f32(q), areSubnormal);
  let quotient = min(a, b) / max(a, b);
  let isEdge = p == q || max(p, q) >= 0x7f800000u;
  let t = select(quotient, select(0f, 1f, p == q && p != 0u), isEdge);
  let isSteep = q > p;
  let first = atanUnit(t);
  let half = select(first, ${literal(Math.PI / 2)} - first, isSteep);
  let whole = select(half, ${literal(Math.PI)} - half, bitcast<u32>(x) >= 0x80000000u);
  return select(withSign(whole, y), nan(), p > 0x7f800000u || q > 0x7f800000u);
}`,
}
