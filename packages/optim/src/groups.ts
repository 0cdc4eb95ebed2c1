import { mapTree, type Path, showPath, type Tensor, TreeError, zipTrees } from '@wengert/core'
import { checkMatching } from './check.ts'
import type { Transform } from './transform.ts'

/**
 * Which parameters belong to a group: a pattern that is searched for in the path as messages show it, such as
 * `tree.layers[0].bias`, or a function of path and parameter.
 */
export type Selector = RegExp | ((path: Path, parameter: Tensor) => boolean)

/**
 * Optimizers for parts of the parameters: each leaf goes to the first group that takes it. For decay on weights but not on biases
 * and gains, a rate of its own for a head, muon for matrices, or `frozen()` parts.
 *
 * The state is the list of the groups' states, in each of which `[]` stands for parameters that are not its own. What should see
 * all gradients at once, such as clipByGlobalNorm, belongs before it in a chain. A parameter that no group takes throws a
 * TreeError; a last group with `/./` takes the rest.
 *
 * @example const optimizer = groups([/bias$|gain$/, adam({ lr: 1e-3 })], [/./, adamw({ lr: 1e-3, weightDecay: 0.1 })])
 */
export function groups<S extends readonly unknown[]>(
  ...entries: { readonly [I in keyof S]: readonly [Selector, Transform<S[I]>] }
): Transform<S> {
  const list = entries as readonly (readonly [Selector, Transform<unknown>])[]
  const groupOf = (path: Path, parameter: Tensor): number => {
    const shown = showPath(path)
    const found = list.findIndex(([selector]) =>
      typeof selector === 'function' ? selector(path, parameter) : shown.search(selector) >= 0,
    )
    if (found >= 0) return found
    throw new TreeError(
      `groups: params must each belong to a group, got none for ${shown}. ` +
        'Add one for it, or [/./, optimizer] at the end for all that is left.',
    )
  }
  /** The leaves that belong to a group, and nothing in place of the others. */
  const ofGroup = <P>(i: number, tree: P, params: P): P =>
    zipTrees((leaf, p, path) => (groupOf(path, p) === i ? leaf : nothing), tree, params, 'groups')
  return {
    init: (params) => list.map(([, { init }], i) => init(ofGroup(i, params, params))) as unknown as S,
    update(grads, state, params) {
      checkMatching('groups', 'grads', grads, params)
      const results = list.map(([, { update }], i) =>
        update(ofGroup(i, grads, params), state[i], ofGroup(i, params, params)),
      )
      const updates = mapTree((p, path) => leafAt(results[groupOf(path, p)]?.[0], path), params)
      return [updates, results.map(([, next]) => next) as unknown as S]
    },
  }
}

/** A tree without leaves. */
const nothing = [] as unknown as Tensor

function leafAt(tree: unknown, path: Path): Tensor {
  let node = tree
  for (const step of path) node = (node as Record<string | number, unknown>)[step]
  return node as Tensor
}
