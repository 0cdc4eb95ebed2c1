import { checkCount, checkOption, mapTree, type Tensor, type Tree, where, zipTrees } from '@wengert/core'
import { noSteps } from './step.ts'
import type { Transform } from './transform.ts'

export interface LookaheadOptions {
  /** Fast steps for each slow one. @default 5 */
  readonly every?: number
  /** How far a slow step goes towards where the fast ones have led, in (0, 1]. @default 0.5 */
  readonly alpha?: number
}

/** The type leaves the structure of the parameters open, so that it is the same for every model. */
export interface LookaheadState<S> {
  /** Fast steps since the last slow one, i32 []. */
  readonly since: Tensor
  /** Slow parameters. */
  readonly slow: Tree
  /** State of the inner optimizer. */
  readonly inner: S
}

/**
 * Lookahead: an inner optimizer goes some steps ahead, then parameters go back a share of the way. Steadies an optimizer that
 * oscillates, for one more copy of the parameters.
 *
 *     pₜ₊₁ = pₜ + inner update
 *     after each `every` of them: slow = slow + alpha · (pₜ₊₁ − slow), pₜ₊₁ = slow
 *
 * The inner state goes on through a slow step. What comes out is complete updates: nothing may follow it in a chain but averages.
 *
 * Source: Zhang, Lucas, Hinton and Ba, Lookahead optimizer: k steps forward, 1 step back (2019), algorithm 1.
 *
 * @example const optimizer = lookahead(adam({ lr: 1e-3 }), { every: 6 })
 */
export function lookahead<S>(
  inner: Transform<S>,
  { every = 5, alpha = 0.5 }: LookaheadOptions = {},
): Transform<LookaheadState<S>> {
  checkCount('lookahead', 'every', every, 1)
  checkOption('lookahead', 'alpha', alpha, alpha > 0 && alpha <= 1, 'greater than 0 and at most 1')
  return {
    init: (params) => ({
      since: noSteps(),
      slow: mapTree((p) => p, params, 'lookahead') as Tree,
      inner: inner.init(params),
    }),
    update<P>(grads: P, state: LookaheadState<S>, params: P): [P, LookaheadState<S>] {
      const [fast, next] = inner.update(grads, state.inner, params)
      const since = state.since.add(1)
      const isSlow = since.greaterEqual(every)
      const ahead = zipTrees((p, u) => p.add(u), params, fast)
      const slow = zipTrees((s, p) => where(isSlow, s.add(p.sub(s).mul(alpha)), s), state.slow as P, ahead, 'lookahead')
      const back = zipTrees((s, p) => s.sub(p), slow, params)
      return [
        zipTrees((b, u) => where(isSlow, b, u), back, fast),
        { since: where(isSlow, 0, since), slow: slow as Tree, inner: next },
      ]
    },
  }
}
