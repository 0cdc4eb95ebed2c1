import type { Functions } from './functions.ts'

/**
 * What compilers may not take apart. WGSL lets them assume that no NaN and no infinity occurs and lets them regroup
 * sums, so both kinds of number are made and found by their bits, and a sum whose rounding matters passes through `hold`.
 */
export const bits: Functions = {
  // A literal of either is an error, and so is a constant expression; a variable is neither.
  inf: `fn inf() -> f32 {
  var word = 0x7f800000u;
  return bitcast<f32>(word);
}`,
  nan: `fn nan() -> f32 {
  var word = 0x7fc00000u;
  return bitcast<f32>(word);
}`,
  isNaN: `fn isNaN(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}`,
  isFiniteF32: `fn isFiniteF32(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}`,
  isNonZero: `fn isNonZero(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) != 0u;
}`,
  // x itself, but no compiler can look through it: that x is below the bound is not known when it compiles.
  hold: `fn hold(x: f32) -> f32 {
  return min(x, 3e38f);
}`,
  // The upper 12 bits of x: a product of two such numbers is exact.
  head: `fn head(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}`,
  withSign: `fn withSign(magnitude: f32, sign: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(magnitude) & 0x7fffffffu) | (bitcast<u32>(sign) & 0x80000000u));
}`,
  // The nearest f16, of two the even one. WGSL's own conversions may round either way, or not at all within a kernel.
  roundToF16: `fn roundToF16(x: f32) -> f32 {
  let size = bitcast<u32>(x) & 0x7fffffffu;
  if (size > 0x7f800000u) { return x; }
  let kept = (size + 0xfffu + ((size >> 13u) & 1u)) & 0xffffe000u;
  let normal = bitcast<f32>(select(kept, 0x7f800000u, kept > 0x477fe000u));
  // Below the least normal number all steps are of one size.
  let small = round(abs(x) * 16777216f) * 5.9604644775390625e-8f;
  return withSign(select(normal, small, size < 0x38800000u), x);
}`,
  // 2^k for a k from -126 to 127.
  powerOfTwo: `fn powerOfTwo(k: i32) -> f32 {
  return bitcast<f32>((k + 127) << 23u);
}`,
}
