const float = new Float32Array(1)
const word = new Uint32Array(float.buffer)

/** The number that 16 bits stand for in IEEE 754 binary16. */
export function fromF16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 0x3ff
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

/** The number that 16 bits stand for in bfloat16, the upper half of an f32. */
export function fromBF16(bits: number): number {
  word[0] = bits << 16
  return float[0] as number
}

/** The 16 bits of a number that binary16 has, as every element of an f16 tensor is. */
export function toF16(x: number): number {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0
  const size = Math.abs(x)
  if (Number.isNaN(x)) return 0x7e00
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00
  if (size < 2 ** -14) return sign | (size * 2 ** 24)
  float[0] = size
  return sign | (((word[0] as number) - (112 << 23)) >> 13)
}
