import { TreeError } from '@wengert/core'
import type { Transform } from './transform.ts'

/**
 * Transforms one after another: the updates of each are the gradients of the next. The state is the list of their
 * states.
 *
 * @example const optimizer = chain(clipByGlobalNorm(1), adam({ lr: 1e-3 }))
 */
export function chain<S extends readonly unknown[]>(
  ...transforms: { readonly [I in keyof S]: Transform<S[I]> }
): Transform<S> {
  return {
    init: (params) => transforms.map((transform) => transform.init(params)) as unknown as S,
    update(grads, state, params) {
      if (!Array.isArray(state) || state.length !== transforms.length)
        throw new TreeError(
          `chain: state must be a list of ${transforms.length}, one entry per transform, ` +
            `got ${Array.isArray(state) ? `a list of ${state.length}` : typeof state}. Use that from init(params).`,
        )
      let updates = grads
      const next = transforms.map((transform, i) => {
        const [changed, after] = transform.update(updates, state[i], params)
        updates = changed
        return after
      })
      return [updates, next as unknown as S]
    },
  }
}
