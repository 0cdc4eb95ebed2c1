import { maximum, minimum, sum, type Tensor, where } from '@wengert/core'

/** How much of each element a threshold −z lets through: x + z, from 0 to 1. */
export function letThrough(x: Tensor, z: Tensor): Tensor {
  return minimum(maximum(x.add(z), 0), 1)
}

/** Elements of which a part is let through: those that move with the threshold. */
export function isActive(y: Tensor): Tensor {
  return y.greater(0).and(y.less(1))
}

/** How far a threshold is from letting k through, for each row. */
export interface Balance {
  /** k − Σ y, good enough to tell its sign. */
  readonly missing: Tensor
  /** The same to the last digit. */
  readonly exact: Tensor
  /** How many elements move with the threshold. */
  readonly active: Tensor
}

/** The balance of any threshold −z, found by going over all elements along an axis. */
export function balanceOfElements(x: Tensor, k: Tensor, axis: number): (z: Tensor) => Balance {
  const along = { axis, keepDims: true }
  return (z) => {
    const y = letThrough(x, z)
    const active = isActive(y)
    // Whole elements are counted: adding them up costs digits.
    const whole = sum(y.equal(1), along).cast(x.dtype)
    return {
      missing: k.sub(sum(y, along)),
      exact: k.sub(whole).sub(sum(where(active, y, 0), along)),
      active: sum(active, along).cast(x.dtype),
    }
  }
}
