import { roundToF16 } from '@wengert/core'

const float = new Float32Array(1)
const word = new Uint32Array(float.buffer)

/** The bits of the nearest f16. */
export function halfBits(x: number): number {
  float[0] = roundToF16(x)
  const [bits = 0] = word
  const size = bits & 0x7fffffff
  const sign = (bits >>> 16) & 0x8000
  if (size > 0x7f800000) return 0x7e00
  if (size === 0x7f800000) return sign | 0x7c00
  // Below the least normal number the bits count steps of 2⁻²⁴.
  if (size < 0x38800000) return sign | (Math.abs(float[0]) * 2 ** 24)
  return sign | ((size >>> 13) - (112 << 10))
}

/** The number that has these bits as an f16. */
export function fromHalfBits(bits: number): number {
  const size = bits & 0x7fff
  const sign = bits & 0x8000 ? -1 : 1
  if (size > 0x7c00) return Number.NaN
  if (size === 0x7c00) return sign * Number.POSITIVE_INFINITY
  if (size < 0x400) return sign * size * 2 ** -24
  word[0] = (size << 13) + (112 << 23)
  return sign * (float[0] as number)
}
