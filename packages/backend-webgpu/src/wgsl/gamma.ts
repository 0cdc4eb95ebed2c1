import type { Functions } from './functions.ts'
import { literal, polynomial } from './literal.ts'

// Minimax on |z| <= ½: lgamma(1 - z) = z p(z) and lgamma(2 + z) = z q(z), error 2^-25.
const aboutOne = [
  0.5772157, 0.8224669, 0.4006852, 0.27059397, 0.20739853, 0.16914682, 0.14376006, 0.13095711, 0.1152591, 0.06593031,
  0.064137086, 0.17876695, 0.15844467,
]
const aboutTwo = [
  0.42278433, 0.32246703, -0.0673519, 0.020581359, -0.0073919278, 0.0028806918, -0.0011540649, 5.6646694e-4,
  -3.1181914e-4,
]

/** Stirling's series of lgamma and the asymptotic one of digamma, in 1/x². */
const stirling = [1 / 12, -1 / 360, 1 / 1260]
const asymptotic = [1 / 12, -1 / 120, 1 / 252]

// Minimax: digamma x = (x - root) p(x - 1.5) on [1, 2], error 2^-26. The root is given in two parts.
const aboutRoot = [
  0.9510559, -0.4236275, 0.24054185, -0.14839892, 0.095000535, -0.062055144, 0.040702377, -0.025791371, 0.017714366,
  -0.016365593, 0.010020418,
]
const rootHigh = 1.4616321325302124
const rootLow = 1.243814993891891e-8

/** The factors B₂ₖ / (2k)! of the sum of Euler and Maclaurin. */
const eulerMaclaurin = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600]

export const gamma: Functions = {
  // Of a large x next to nothing, and not the quotient by an infinity that drivers make of it as they like.
  inverseSquare: `fn inverseSquare(x: f32) -> f32 {
  let y = min(x, 1e18f);
  return 1f / (y * y);
}`,
  lgammaPositive: `fn lgammaPositive(x: f32) -> f32 {
  let isLarge = x >= 8f;
  var product = 1f;
  var y = x;
  for (; y > 2.5f && !isLarge; y -= 1f) { product *= y - 1f; }
  let l = logF32(select(product, x, isLarge || x < 0.5f));
  if (isLarge) {
    let s = inverseSquare(x);
    return (x - 0.5f) * (l - 1f) + (${literal(Math.log(2 * Math.PI) / 2 - 0.5)} + ${polynomial('s', stirling)} / x);
  }
  if (x < 1.5f) {
    let z = select(1f - x, -x, x < 0.5f);
    return z * ${polynomial('z', aboutOne)} - l;
  }
  let z = y - 2f;
  return z * ${polynomial('z', aboutTwo)} + l;
}`,
  // sin πd for |d| <= ½.
  sinPi: `fn sinPi(d: f32) -> f32 {
  let a = abs(d);
  return withSign(select(sinNear(${literal(Math.PI)} * a), cosNear(${literal(Math.PI)} * (0.5f - a)), a > 0.25f), d);
}`,
  // Γ(x) Γ(-x) = -π / (x sin πx), which spares the rounding of 1 - x.
  lgammaF32: `fn lgammaF32(x: f32) -> f32 {
  let a = abs(x);
  if (!isFiniteF32(x)) { return a; }
  let positive = lgammaPositive(a);
  if (x > 0f) { return positive; }
  let d = a - round(a);
  if (d == 0f) { return inf(); }
  let isTiny = a < 1e-6f;
  return -logF32(select(abs(sinPi(d)) * a * ${literal(1 / Math.PI)}, a, isTiny)) - select(positive, 0f, isTiny);
}`,
  digammaPositive: `fn digammaPositive(x: f32) -> f32 {
  if (x >= 8f) {
    let s = inverseSquare(x);
    return logF32(x) - (0.5f / x + s * ${polynomial('s', asymptotic)});
  }
  var shift = 0f;
  var z = x;
  if (z < 1f) {
    shift = -1f / z;
    z += 1f;
  }
  for (; z > 2f; z -= 1f) { shift += 1f / (z - 1f); }
  let y = z - 1.5f;
  return shift + (hold(z - ${literal(rootHigh)}) - ${literal(rootLow)}) * ${polynomial('y', aboutRoot)};
}`,
  // (n - 1)! / x^n, the factors of the factorial taken from both ends so that no partial product leaves the range first.
  factorialPower: `fn factorialPower(n: i32, x: f32) -> f32 {
  var result = 1f / x;
  var i = 1;
  var j = n - 1;
  for (; i < j; i += 1) {
    result *= f32(i * j) / x / x;
    j -= 1;
  }
  return select(result, result * (f32(i) / x), i == j);
}`,
  // n! Σ (x + k)^(-n - 1) over k >= 0 for x > 0 and n >= 1, by the sum of Euler and Maclaurin, smallest terms first.
  polygammaSum: `fn polygammaSum(n: i32, x: f32) -> f32 {
  let order = f32(n);
  let terms = i32(ceil(clamp(7f + 1.1f * order - x, 0f, 1000f)));
  let a = x + f32(terms);
  let s = inverseSquare(a);
  var tail = 1f + 0.5f * order / a;
  var factor = order * (order + 1f) * s;
  ${eulerMaclaurin
    .map((b, k) => {
      const next = `factor *= (order + ${2 * k + 2}f) * (order + ${2 * k + 3}f) * s;`
      return `tail += ${literal(b)} * factor;${k + 1 < eulerMaclaurin.length ? `\n  ${next}` : ''}`
    })
    .join('\n  ')}
  var sum = 0f;
  for (var k = terms; k >= 0; k -= 1) {
    let y = x + f32(k);
    sum += factorialPower(n, y) * select(order / y, tail, k == terms);
  }
  return sum;
}`,
  // Below 0 the sum falls into that over the positive x + k and one over the negative ones, which is the difference of two.
  // The loop keeps the text of the sum from being repeated wherever the function is inlined.
  polygammaF32: `fn polygammaF32(order: f32, x: f32) -> f32 {
  let n = i32(order);
  let isOdd = (n & 1) == 1;
  if (isNaN(x) || bitcast<u32>(x) == 0xff800000u) { return nan(); }
  if (n == 0 && bitcast<u32>(x) == 0x7f800000u) { return x; }
  let d = x - round(x);
  if (x <= 0f && d == 0f) {
    let limit = select(nan(), withSign(inf(), -x), x == 0f);
    return select(limit, inf(), isOdd);
  }
  if (n == 0) {
    let mirrored = ${literal(Math.PI)} * sinPi(0.5f - abs(d)) / sinPi(d);
    return digammaPositive(select(1f - x, x, x > 0f)) - select(mirrored, 0f, x > 0f);
  }
  let sign = select(-1f, 1f, isOdd);
  let below = select(-d, 1f - d, d > 0f);
  let above = select(1f + d, d, d > 0f);
  var negative = 0f;
  for (var part = 0; part < 2; part += 1) {
    let y = polygammaSum(n, select(select(below, 1f - x, part == 0), x, x > 0f));
    if (x > 0f) { return sign * y; }
    negative = y - negative;
  }
  let positive = polygammaSum(n, above);
  // Of two infinities the one of the nearer pole is the greater.
  let difference = select(negative - positive, withSign(inf(), -d), !isFiniteF32(negative) && !isFiniteF32(positive));
  return select(difference, negative + positive, isOdd);
}`,
}
