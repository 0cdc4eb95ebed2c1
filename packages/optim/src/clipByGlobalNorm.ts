import { full, maximum } from '@wengert/core'
import { checkMatching, checkPositive } from './check.ts'
import { globalNorm, scaled } from './globalNorm.ts'
import type { Transform } from './transform.ts'

/**
 * Gradients scaled down, all by the same factor, so that their norm over all leaves together is at most `limit`;
 * smaller ones stay as they are. Put it before an optimizer, against steps that leap too far.
 *
 *     g · min(1, limit / ‖g‖),  ‖g‖ = √(Σ over leaves and elements g²)
 *
 * Gradients of 0 stay 0, and a norm whose square would overflow is still right. One that is not finite makes all NaN,
 * so that it is seen.
 *
 * Source: Pascanu et al., On the difficulty of training recurrent neural networks (2013), algorithm 1.
 *
 * @example const optimizer = chain(clipByGlobalNorm(1), sgd({ lr: 0.1 }))
 */
export function clipByGlobalNorm(limit: number): Transform<readonly []> {
  checkPositive('clipByGlobalNorm', 'limit', limit)
  return {
    init: () => [],
    update(grads, state, params) {
      checkMatching('clipByGlobalNorm', 'grads', grads, params)
      const norm = globalNorm(grads)
      const factor = full([], limit, { dtype: norm.dtype }).div(maximum(norm, limit))
      return [scaled(grads, factor), state]
    },
  }
}
