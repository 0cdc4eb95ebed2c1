import { mapTree, zerosLike } from '@wengert/core'
import type { Transform } from './transform.ts'

/**
 * Updates of 0: parameters stay as they are. For a group of `groups`, such as a trained encoder under a new head.
 *
 * @example const optimizer = groups([/encoder/, frozen()], [/./, adam({ lr: 1e-3 })])
 */
export function frozen(): Transform<readonly []> {
  return {
    init: () => [],
    update: (grads, state) => [mapTree(zerosLike, grads, 'frozen'), state],
  }
}
