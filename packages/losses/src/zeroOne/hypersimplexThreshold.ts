import { full, maximum, minimum, sign, sum, type Tensor, where } from '@wengert/core'

/** How much of each element a threshold −z lets through: x + z, from 0 to 1. */
export function letThrough(x: Tensor, z: Tensor): Tensor {
  return minimum(maximum(x.add(z), 0), 1)
}

/** Elements of which a part is let through: those that move with the threshold. */
export function isActive(y: Tensor): Tensor {
  return y.greater(0).and(y.less(1))
}

/** Bits of z that are found by trial. */
const bits = { f32: 24, f64: 40 } as const

/**
 * The z with Σ clip(x + z, 0, 1) = k along an axis, where the greatest x is 0 and 0 ≤ k ≤ n. The sum grows with z in straight
 * pieces. Trials find the power of two above z, however far the elements spread, and then z bit by bit; they stay where
 * the sum is k, amid the gap if k elements lead by 1. On the piece that is left, z solves a linear equation.
 *
 * Nothing is sorted, nothing is read, and the number of trials is fixed: each is one map and one sum over the elements.
 */
export function hypersimplexThreshold(x: Tensor, k: Tensor, axis: number): Tensor {
  const along = { axis, keepDims: true }
  const missing = (z: Tensor): Tensor => k.sub(sum(letThrough(x, z), along))
  let below = full([], 0.5, { dtype: x.dtype })
  for (const power of [32, 16, 8, 4, 2, 1]) {
    const next = below.mul(2 ** power)
    below = where(missing(next).greater(0), next, below)
  }
  const top = below.mul(2)
  let z = top
  for (let bit = 1; bit <= bits[x.dtype as 'f32' | 'f64']; bit++) z = z.add(sign(missing(z)).mul(top.mul(2 ** -bit)))
  // The first may leave the piece, if elements crowd there; the second sets that right.
  return exactStep(exactStep(z))

  /** To where the sum would be k if no element changed sides. Whole elements are counted: adding them up costs digits. */
  function exactStep(z: Tensor): Tensor {
    const y = letThrough(x, z)
    const active = isActive(y)
    const whole = sum(y.equal(1), along).cast(x.dtype)
    const left = k.sub(whole).sub(sum(where(active, y, 0), along))
    return z.add(left.div(maximum(sum(active, along).cast(x.dtype), 1)))
  }
}
