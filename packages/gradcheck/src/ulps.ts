export interface UlpOptions {
  /** Which numbers count as neighbours; both are rounded to it first. @default 'f64' */
  readonly dtype?: 'f32' | 'f64'
}

const double = new Float64Array(1)
const doubleBits = new BigInt64Array(double.buffer)
const single = new Float32Array(1)
const singleBits = new Int32Array(single.buffer)

/**
 * How many steps from one representable number to the next lie between a and b ("units in the last place").
 *
 * Equal numbers are 0 apart, and so are 0 and −0. Across 0 the steps on both sides add up: the two numbers next to 0 are 2
 * apart. Infinity is the neighbour of the largest number. NaN is 0 away from NaN and infinitely far from all else.
 *
 * @example ulpDistance(1, 1 + Number.EPSILON) // 1
 * @example ulpDistance(0.1 + 0.2, 0.3) // 1
 * @example ulpDistance(1, 1 + 2 ** -20, { dtype: 'f32' }) // 8
 */
export function ulpDistance(a: number, b: number, { dtype = 'f64' }: UlpOptions = {}): number {
  if (a === b) return 0
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Number.POSITIVE_INFINITY
  if (dtype === 'f32') return Math.abs(rankOfSingle(a) - rankOfSingle(b))
  const distance = rankOfDouble(a) - rankOfDouble(b)
  return Number(distance < 0n ? -distance : distance)
}

/** The distance from one f32 or f64 number to the next larger in size. */
export function ulpOf(size: number, { dtype = 'f64' }: UlpOptions = {}): number {
  const exponent = Math.max(exponentOf(Math.abs(size)), dtype === 'f32' ? -126 : -1022)
  return 2 ** (exponent - (dtype === 'f32' ? 23 : 52))
}

/** ⌊log₂ size⌋, read from the bits, since a logarithm rounds; −1023 for 0 and subnormals. */
function exponentOf(size: number): number {
  double[0] = size
  return Number((doubleBits[0] as bigint) >> 52n) - 1023
}

/** The place of a number among all: bits grow with the size, so those of negative numbers count downwards. */
function rankOfDouble(x: number): bigint {
  double[0] = x
  const bits = doubleBits[0] as bigint
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits
}

function rankOfSingle(x: number): number {
  single[0] = x
  const bits = singleBits[0] as number
  return bits < 0 ? -(bits & 0x7fffffff) : bits
}
