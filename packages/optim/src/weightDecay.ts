import { zipTrees } from '@wengert/core'
import { checkMatching, checkNotNegative } from './check.ts'
import type { Transform } from './transform.ts'

/**
 * Gradients plus a share of the parameters: the gradient of an L2 penalty ½ rate ‖p‖². Put it before `sgd` for
 * PyTorch's weight_decay; for Adam use `adamw`, whose decay is not divided by the scale of the gradients.
 *
 *     g + rate · p
 *
 * @example const optimizer = chain(weightDecay(5e-4), sgd({ lr: 0.1, momentum: 0.9 }))
 */
export function weightDecay(rate: number): Transform<readonly []> {
  checkNotNegative('weightDecay', 'rate', rate)
  return {
    init: () => [],
    update(grads, state, params) {
      checkMatching('weightDecay', 'grads', grads, params)
      return [zipTrees((g, p) => g.add(p.mul(rate)), grads, params), state]
    },
  }
}
