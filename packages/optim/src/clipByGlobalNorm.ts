import { full, leaves, mapTree, max, maximum, sizeOf, sum, where } from '@wengert/core'
import { checkMatching, checkPositive } from './check.ts'
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
      const parts = leaves(grads).filter(({ shape }) => sizeOf(shape) > 0)
      if (parts.length === 0) return [grads, state]
      const top = parts.map((g) => max(g.abs())).reduce((a, b) => maximum(a, b))
      const unit = where(top.greater(0), top, 1)
      const squares = parts.map((g) => sum(g.div(unit).square())).reduce((a, b) => a.add(b))
      const norm = squares.sqrt().mul(unit)
      const factor = full([], limit, { dtype: norm.dtype }).div(maximum(norm, limit))
      return [mapTree((g) => g.mul(factor.cast(g.dtype)), grads), state]
    },
  }
}
