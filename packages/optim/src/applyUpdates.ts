import { zipTrees } from '@wengert/core'
import { checkMatching } from './check.ts'

/**
 * The parameters after a step: params + updates, leaf by leaf.
 *
 * Shapes: params and updates trees of the same structure, shapes and dtypes → the same.
 *
 * @example applyUpdates({ w: tensor([1, 2]) }, { w: tensor([0.5, -1]) }).w // [1.5, 1.0]
 */
export function applyUpdates<P>(params: P, updates: P): P {
  checkMatching('applyUpdates', 'updates', updates, params)
  return zipTrees((p, u) => p.add(u), params, updates, 'applyUpdates')
}
