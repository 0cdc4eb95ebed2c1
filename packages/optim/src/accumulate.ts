import { checkCount, mapTree, type Tensor, type Tree, where, zerosLike, zipTrees } from '@wengert/core'
import { checkMatching } from './check.ts'
import { noSteps, zerosFor } from './step.ts'
import type { Transform } from './transform.ts'

export interface AccumulateOptions {
  /** Gradients for each step of the optimizer. */
  readonly steps: number
}

/** The type leaves the structure of the parameters open, so that it is the same for every model. */
export interface AccumulateState<S> {
  /** Gradients since the last step, i32 []. */
  readonly since: Tensor
  /** Their sum, of the parameters' structure. */
  readonly sum: Tree
  /** State of the inner optimizer. */
  readonly inner: S
}

/**
 * Gradient accumulation: an optimizer that steps along the mean of several gradients, so that small batches do as one large batch where that
 * would not fit. Between its steps updates are 0.
 *
 *     after each `steps` gradients: inner update for (g₁ + … + g_steps) / steps
 *
 * The mean is that of the whole batch where the parts are of one size and their losses are means. The inner optimizer counts its own steps, so
 * a schedule in it takes large batches as its steps; what is put before it in a chain sees each part. The inner update is computed each time
 * and left out where it is not due, which costs little but for optimizers that multiply matrices.
 *
 * @example const optimizer = accumulate(chain(clipByGlobalNorm(1), adam({ lr: 1e-3 })), { steps: 8 })
 */
export function accumulate<S>(inner: Transform<S>, { steps }: AccumulateOptions): Transform<AccumulateState<S>> {
  checkCount('accumulate', 'steps', steps, 1)
  return {
    init: (params) => ({ since: noSteps(), sum: zerosFor('accumulate', params), inner: inner.init(params) }),
    update<P>(grads: P, state: AccumulateState<S>, params: P): [P, AccumulateState<S>] {
      checkMatching('accumulate', 'grads', grads, params)
      const since = state.since.add(1)
      const isDue = since.greaterEqual(steps)
      const sum = zipTrees((s, g) => s.add(g), state.sum as P, grads, 'accumulate')
      const [updates, next] = inner.update(
        mapTree((s) => s.div(steps), sum),
        state.inner,
        params,
      )
      const nothing = mapTree(zerosLike, params)
      return [
        zipTrees((u, zero) => where(isDue, u, zero), updates, nothing),
        {
          since: where(isDue, 0, since),
          sum: zipTrees((zero, s) => where(isDue, zero, s), nothing, sum) as Tree,
          inner: zipTrees((after, before) => where(isDue, after, before), next, state.inner),
        },
      ]
    },
  }
}
