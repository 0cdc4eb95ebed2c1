import { full, maximum, sign, type Tensor, where } from '@wengert/core'
import { balanceOfElements } from './balance.ts'
import { balanceInOrder } from './balanceInOrder.ts'

/** Bits of z that are found by trial. */
const bits = { f32: 24, f64: 40 } as const

/** Length from which on rows are sorted: below it the many small kernels cost more on the CPU than they save. */
const long = 2 ** 14

/**
 * The z with Σ clip(x + z, 0, 1) = k along an axis, where the greatest x is 0 and 0 ≤ k ≤ n. The sum grows with z in straight
 * pieces. Trials find the power of two above z, however far the elements spread, and then z bit by bit; they stay where
 * the sum is k, amid the gap if k elements lead by 1. On the piece that is left, z solves a linear equation.
 *
 * Nothing is read, and the number of trials is fixed. In short rows each is one sum over the elements; long rows are sorted
 * first, after which a trial costs next to nothing.
 */
export function hypersimplexThreshold(x: Tensor, k: Tensor, axis: number): Tensor {
  const last = x.shape.length - 1
  const isLong = (x.shape[axis] as number) >= long
  if (isLong && axis !== last) {
    const exchanged = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i))
    return hypersimplexThreshold(x.transpose(exchanged), k.transpose(exchanged), last).transpose(exchanged)
  }
  const balance = isLong ? balanceInOrder(x, k) : balanceOfElements(x, k, axis)
  let below = full([], 0.5, { dtype: x.dtype })
  for (const power of [32, 16, 8, 4, 2, 1]) {
    const next = below.mul(2 ** power)
    below = where(balance(next).missing.greater(0), next, below)
  }
  const top = below.mul(2)
  let z = top
  for (let bit = 1; bit <= bits[x.dtype as 'f32' | 'f64']; bit++)
    z = z.add(sign(balance(z).missing).mul(top.mul(2 ** -bit)))
  // The first may leave the piece, if elements crowd there; the second sets that right.
  return exactStep(exactStep(z))

  /** To where the sum would be k if no element changed sides. */
  function exactStep(z: Tensor): Tensor {
    const { exact, active } = balance(z)
    return z.add(exact.div(maximum(active, 1)))
  }
}
