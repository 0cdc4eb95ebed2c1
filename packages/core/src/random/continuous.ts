import { checkOptions } from '../check.ts'
import type { DType } from '../dtype.ts'
import { ValueError } from '../errors.ts'
import { full } from '../ops/create.ts'
import { erf, erfInv, maximum, minimum } from '../ops/math.ts'
import { checkDraw, checkDrawing, type DrawOptions, type Key, uniform } from '../random.ts'
import type { Shape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'

// By the inverse of the distribution function, from one uniform each.

const halfStep = { f32: 2 ** -25, f64: 2 ** -54 } as const

/** Uniform draws on (0, 1), ends excluded: what would be 0 is half of the least step. */
export function openUniform(from: Key, shape: Shape, dtype: DType): Tensor {
  return maximum(uniform(from, shape, { dtype }), halfStep[dtype as 'f32' | 'f64'])
}

/**
 * Exponential draws with mean 1, −log u; divide by a rate for others. In f32 none exceeds 17.4, since u has 24 bits.
 *
 * Gradient: none of its own; of a rate, through the division.
 *
 * @example const waiting = exponential(key(0), [5]).div(3)
 */
export function exponential(from: Key, shape: Shape, options: DrawOptions = {}): Tensor {
  const dtype = checkDrawing('exponential', shape, options)
  return openUniform(from, shape, dtype).log().neg()
}

/**
 * Standard Gumbel draws, −log(−log u). The class with the greatest of logits + gumbel has the distribution
 * softmax(logits). In f32 they lie from −2.9 to 16.7, since u has 24 bits.
 *
 * Gradient: none of its own; of logits, location and scale, through what is done with it.
 *
 * @example const noisy = tensor([1, 2, 3]).add(gumbel(key(0), [3]))
 */
export function gumbel(from: Key, shape: Shape, options: DrawOptions = {}): Tensor {
  const dtype = checkDrawing('gumbel', shape, options)
  return openUniform(from, shape, dtype).log().neg().log().neg()
}

export interface TruncatedNormalOptions extends DrawOptions {
  /** Least value; −Infinity for none. @default -2 */
  readonly low?: number
  /** Greatest value; Infinity for none. @default 2 */
  readonly high?: number
}

/** Beyond this, Φ has too few digits left to tell the draws apart. */
const reach = { f32: 4, f64: 7 } as const

/**
 * Standard normal draws that fall between low and high:
 *
 *     x = Φ⁻¹(Φ(low) + u (Φ(high) − Φ(low)))
 *
 * The interval must have a part within [−4, 4] in f32 and [−7, 7] in f64, where Φ has digits enough to tell draws apart.
 *
 * Gradient: none of its own; of mean and scale, through what is done with it.
 *
 * @example const weights = truncatedNormal(key(0), [64, 10]).mul(0.1)
 */
export function truncatedNormal(from: Key, shape: Shape, options: TruncatedNormalOptions = {}): Tensor {
  const { low = -2, high = 2, dtype = 'f32' } = checkOptions('truncatedNormal', options, 'low: -2, high: 2')
  checkDraw('truncatedNormal', shape, dtype)
  const most = reach[dtype as 'f32' | 'f64']
  if (!(low < high && low <= most && high >= -most))
    throw new ValueError(
      `truncatedNormal: low and high must satisfy low < high, low ≤ ${most} and high ≥ ${-most} in ${dtype}, ` +
        `got ${low} and ${high}.`,
    )
  const edge = (x: number): Tensor => erf(full([], x * Math.SQRT1_2, { dtype }))
  const u = openUniform(from, shape, dtype)
  const y = edge(low).add(u.mul(edge(high).sub(edge(low))))
  return minimum(maximum(erfInv(y).mul(Math.SQRT2), low), high)
}
