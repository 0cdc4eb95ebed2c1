import { squareRootHalf } from './constants.ts'
import type { Functions } from './functions.ts'
import { literal, polynomial } from './literal.ts'

// log2((1 + s) / (1 - s)) = s (a + s² (b + s² p(s²))), minimax for a quotient from √½ to √2, error 2^-36. Of the first two
// coefficients the upper 12 bits stand apart.
const first = { all: 2 / Math.LN2, high: 2.884765625 }
const second = { all: 0.9617967, high: 0.961669921875 }
const log2Tail = [0.57707906, 0.41190565, 0.33694917]

// 2^z = 1 + z p(z), minimax for |z| <= ½, error 2^-28.
const exp2Tail = [Math.LN2, 0.2402265, 0.055503577, 0.009618077, 0.0013391859, 1.545643e-4]

export const power: Functions = {
  // log2 of a positive finite number as the sum of two, the first of 12 bits. Products of heads are exact, and so is the
  // remainder that corrects the quotient s = (m - 1) / (m + 1), however well the driver divides.
  log2Pair: `fn log2Pair(v: f32) -> vec2<f32> {
  let magnitude = bitcast<u32>(v);
  let isSubnormal = magnitude < 0x00800000u;
  let word = i32(select(magnitude, bitcast<u32>(f32(magnitude)), isSubnormal)) - ${squareRootHalf};
  let e = f32((word >> 23u) - select(0, 149, isSubnormal));
  let m = bitcast<f32>((word & 0x007fffff) + ${squareRootHalf});
  let f = m - 1f;
  let d = head(m + 1f);
  let s = head(f / (m + 1f));
  let t = (hold(f - s * d) - s * (m - hold(d - 1f))) / (m + 1f);
  let both = s + t;
  let z = both * both;
  let zHigh = head(s * s);
  let zLow = (s * s - zHigh) + t * (s + both);
  let far = zLow * ${literal(second.all)} + z * z * ${polynomial('z', log2Tail)};
  let curved = zHigh * ${literal(second.high)} + (zHigh * ${literal(second.all - second.high)} + far);
  let lead = s * ${literal(first.high)};
  let rest = s * ${literal(first.all - first.high)} + (t * ${literal(first.all)} + both * curved);
  let high = head(e + (lead + rest));
  return vec2<f32>(high, hold(hold(e - high) + lead) + rest);
}`,
  // 2^(y log2 |x|), and then what Math.pow says of zeros, infinities, NaN and negative x.
  powF32: `fn powF32(x: f32, y: f32) -> f32 {
  let base = bitcast<u32>(x) & 0x7fffffffu;
  let exponent = bitcast<u32>(y) & 0x7fffffffu;
  let l = log2Pair(abs(x));
  // Beyond this bound the result is 0, 1 or infinite whatever x is.
  let v = clamp(y, -8589934592f, 8589934592f);
  let vHigh = head(v);
  let product = vHigh * l.x;
  let rest = (v - vHigh) * l.x + v * l.y;
  let n = round(clamp(product + rest, -170f, 170f));
  let z = clamp(hold(product - n) + rest, -1f, 1f);
  var result = scaleBy(1f + z * ${polynomial('z', exp2Tail)}, i32(n));
  let isEdge = base == 0u || base == 0x7f800000u;
  let isFalling = bitcast<u32>(y) >= 0x80000000u;
  if (isEdge) { result = select(0f, inf(), (base == 0u) == isFalling); }
  if (bitcast<u32>(x) >= 0x80000000u) {
    let isInteger = exponent >= 0x4b800000u || floor(y) == y;
    let isOdd = isInteger && exponent < 0x4b800000u && (i32(v) & 1) == 1;
    result = select(select(nan(), result, isInteger || isEdge), -result, isOdd);
  }
  if (exponent == 0x7f800000u) {
    result = select(select(0f, inf(), (base > 0x3f800000u) != isFalling), nan(), base == 0x3f800000u);
  }
  result = select(result, nan(), base > 0x7f800000u || exponent > 0x7f800000u);
  return select(result, 1f, exponent == 0u);
}`,
  // The arguments are scaled by a power of two, which is exact.
  hypotF32: `fn hypotF32(a: f32, b: f32) -> f32 {
  let p = bitcast<u32>(a) & 0x7fffffffu;
  let q = bitcast<u32>(b) & 0x7fffffffu;
  let k = clamp(i32(max(p, q) >> 23u) - 127, -126, 126);
  let x = a * powerOfTwo(-k);
  let y = b * powerOfTwo(-k);
  let result = sqrt(x * x + y * y) * powerOfTwo(k);
  return select(result, inf(), p == 0x7f800000u || q == 0x7f800000u);
}`,
}
