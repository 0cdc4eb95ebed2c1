const float = new Float32Array(1)
const word = new Uint32Array(float.buffer)

/** From here on numbers round to infinity: half a step beyond 65504, the greatest f16. */
const overflow = 65520
const leastNormal = 2 ** -14

/**
 * The nearest f16; of two, the even one. Numbers of at least 65520 become infinite.
 *
 * @example roundToF16(0.1) // 0.0999755859375
 */
export function roundToF16(x: number): number {
  const size = Math.abs(x)
  if (!(size < overflow)) return x * Number.POSITIVE_INFINITY
  // A sum with 2⁴² times the leading power of two keeps the 10 bits below that, and rounds as doubles do.
  float[0] = Math.max(size, leastNormal)
  word[0] = ((word[0] as number) & 0x7f800000) + (42 << 23)
  const large = float[0] as number
  return Math.sign(x) * (size + large - large)
}
