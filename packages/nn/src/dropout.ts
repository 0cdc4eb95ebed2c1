import { bernoulli, ValueError, where } from '@wengert/core'
import type { Layer } from './layer.ts'

export interface DropoutOptions {
  /** Probability of dropping an element, in [0, 1). */
  readonly rate: number
}

/**
 * Dropout: zeroes each element with a probability while training, and scales up the rest so that the mean stays. Use it
 * against overfitting. Without a key in the context it is the identity.
 *
 *     y = x · keep / (1 − rate),  keep ~ Bernoulli(1 − rate)
 *
 * Shapes: x [...S] → [...S].
 * Gradient: that of the same mask, keep / (1 − rate).
 * Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014).
 *
 * @example const y = dropout({ rate: 0.5 }).apply([], ones([4]), { key: key(0) })
 */
export function dropout({ rate }: DropoutOptions): Layer<readonly []> {
  if (!(rate >= 0 && rate < 1))
    throw new ValueError(`dropout: rate must be at least 0 and less than 1, got ${rate}. It is the share to drop.`)
  return {
    init: () => [],
    apply(_, x, { key } = {}) {
      if (!key || rate === 0) return x
      return where(bernoulli(key, 1 - rate, x.shape), x.div(1 - rate), 0)
    },
  }
}
