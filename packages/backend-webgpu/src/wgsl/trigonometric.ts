import type { Functions } from './functions.ts'
import { literal, polynomial } from './literal.ts'

// ½π in three parts, the first two of 17 bits: their products with an integer below 2^7 are exact.
const halfPi = [1.5707855224609375, 1.0804273188114166e-5, 6.077100506506192e-11] as const

// Minimax for |x| <= ¼π: sin x = x + x³ p(x²), error 2^-32, and cos x = 1 - ½ x² + x⁴ q(x²), error 2^-33.
const sinTail = [-0.16666667, 0.008333372, -1.9849904e-4, 2.8004106e-6]
const cosTail = [0.041666646, -0.001388731, 2.4432338e-5]

/** A zero, then the binary digits of 2/π. */
const twoOverPi = [0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab]

/** Sine, cosine and tangent, good for every f32. */
export const trigonometric: Functions = {
  // Both words, the low one first, of a product of two.
  wideProduct: `fn wideProduct(a: u32, b: u32) -> vec2<u32> {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let other = a0 * b1 + (middle & 0xffffu);
  return vec2<u32>(a * b, a1 * b1 + (middle >> 16u) + (other >> 16u));
}`,
  // The rest of a > 200 by multiples of ½π and their number modulo 4, after Payne and Hanek (1983): a / 2π modulo 1 as an
  // integer, of which 64 bits are right, from that window of the digits of 2/π which matters for the exponent of a.
  reduceLarge: `const twoOverPi = array<u32, ${twoOverPi.length}>(${twoOverPi.map((word) => `${word}u`).join(', ')});
fn reduceLarge(a: f32) -> vec2<f32> {
  let word = bitcast<u32>(a);
  let fraction = (word & 0x007fffffu) | 0x00800000u;
  let first = (word >> 23u) - 120u;
  let at = first >> 5u;
  let shift = first & 31u;
  let w0 = twoOverPi[at];
  let w1 = twoOverPi[at + 1u];
  let w2 = twoOverPi[at + 2u];
  let w3 = twoOverPi[at + 3u];
  let high = wideProduct(fraction, (w0 << shift) | ((w1 >> 1u) >> (31u - shift)));
  let middle = wideProduct(fraction, (w1 << shift) | ((w2 >> 1u) >> (31u - shift)));
  let low = wideProduct(fraction, (w2 << shift) | ((w3 >> 1u) >> (31u - shift)));
  let lower = middle.x + low.y;
  let upper = high.x + middle.y + select(0u, 1u, lower < low.y);
  let quadrant = (upper + 0x20000000u) >> 30u;
  // The signed rest, as 64 bits of which the first two are equal, then its magnitude with no leading zeros.
  let rest = upper - (quadrant << 30u);
  let isNegative = rest >= 0x80000000u;
  var u = select(rest, select(~rest, 0u - rest, lower == 0u), isNegative);
  var l = select(lower, 0u - lower, isNegative);
  var scale = ${literal(2 ** -61)};
  if (u == 0u) {
    u = l;
    l = 0u;
    scale *= ${literal(2 ** -32)};
  }
  let zeros = countLeadingZeros(u);
  let normal = (u << zeros) | ((l >> 1u) >> (31u - zeros));
  let magnitude = f32(wideProduct(normal, 0xc90fdaa2u).y) * powerOfTwo(32 - i32(zeros)) * scale;
  return vec2<f32>(select(magnitude, -magnitude, isNegative), f32(quadrant & 3u));
}`,
  // a >= 0 as r + ½π q with |r| <= ¼π: r, and q modulo 4.
  reduceAngle: `fn reduceAngle(a: f32) -> vec2<f32> {
  if (a > 200f) { return reduceLarge(a); }
  let n = round(a * ${literal(2 / Math.PI)});
  let r = hold(hold(a - n * ${literal(halfPi[0])}) - n * ${literal(halfPi[1])}) - n * ${literal(halfPi[2])};
  return vec2<f32>(r, f32(i32(n) & 3));
}`,
  sinNear: `fn sinNear(x: f32) -> f32 {
  let z = x * x;
  return x + x * z * ${polynomial('z', sinTail)};
}`,
  cosNear: `fn cosNear(x: f32) -> f32 {
  let z = x * x;
  return 1f - (0.5f * z - z * z * ${polynomial('z', cosTail)});
}`,
  sinF32: `fn sinF32(x: f32) -> f32 {
  let reduced = reduceAngle(abs(x));
  let q = i32(reduced.y);
  let y = select(sinNear(reduced.x), cosNear(reduced.x), (q & 1) == 1);
  let isNegative = (q >= 2) != (bitcast<u32>(x) >= 0x80000000u);
  return select(select(y, -y, isNegative), nan(), !isFiniteF32(x));
}`,
  cosF32: `fn cosF32(x: f32) -> f32 {
  let reduced = reduceAngle(abs(x));
  let q = i32(reduced.y);
  let y = select(cosNear(reduced.x), sinNear(reduced.x), (q & 1) == 1);
  return select(select(y, -y, q == 1 || q == 2), nan(), !isFiniteF32(x));
}`,
  tanF32: `fn tanF32(x: f32) -> f32 {
  let reduced = reduceAngle(abs(x));
  let s = sinNear(reduced.x);
  let c = cosNear(reduced.x);
  let y = select(s / c, -c / s, (i32(reduced.y) & 1) == 1);
  let isNegative = bitcast<u32>(x) >= 0x80000000u;
  return select(select(y, -y, isNegative), nan(), !isFiniteF32(x));
}`,
}
