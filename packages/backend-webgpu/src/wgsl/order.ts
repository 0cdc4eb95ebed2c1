import type { Functions } from './functions.ts'

/**
 * Comparisons by bits. A driver may flush subnormal numbers to zero, and one that assumes that there is no NaN turns
 * a < b into !(a >= b).
 */
export const order: Functions = {
  // Rises with x and is 0 for both zeros.
  rank: `fn rank(x: f32) -> i32 {
  let word = bitcast<i32>(x);
  return select(word, i32(0x80000000u) - word, word < 0);
}`,
  equalF32: `fn equalF32(a: f32, b: f32) -> bool {
  return rank(a) == rank(b) && !isNaN(a) && !isNaN(b);
}`,
  lessF32: `fn lessF32(a: f32, b: f32) -> bool {
  return rank(a) < rank(b) && !isNaN(a) && !isNaN(b);
}`,
  lessEqualF32: `fn lessEqualF32(a: f32, b: f32) -> bool {
  return rank(a) <= rank(b) && !isNaN(a) && !isNaN(b);
}`,
  // Where both are zeros their signs decide: 0 is the greater one.
  maximumF32: `fn maximumF32(a: f32, b: f32) -> f32 {
  let tie = bitcast<f32>(bitcast<u32>(a) & bitcast<u32>(b));
  let greater = select(select(b, a, rank(a) > rank(b)), tie, rank(a) == rank(b));
  return select(select(greater, b, isNaN(b)), a, isNaN(a));
}`,
  minimumF32: `fn minimumF32(a: f32, b: f32) -> f32 {
  let tie = bitcast<f32>(bitcast<u32>(a) | bitcast<u32>(b));
  let lesser = select(select(b, a, rank(a) < rank(b)), tie, rank(a) == rank(b));
  return select(select(lesser, b, isNaN(b)), a, isNaN(a));
}`,
  signF32: `fn signF32(x: f32) -> f32 {
  let word = bitcast<u32>(x);
  let magnitude = word & 0x7fffffffu;
  return select(withSign(1f, x), x, magnitude == 0u || magnitude > 0x7f800000u);
}`,
  toI32: `fn toI32(x: f32) -> i32 {
  let inside = i32(clamp(x, -2147483648f, 2147483520f));
  let saturated = select(inside, 2147483647, x >= 2147483648f);
  return select(saturated, 0, isNaN(x));
}`,
}
