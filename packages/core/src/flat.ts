import { concat } from './ops/join.ts'
import { sizeOf } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { leaves, mapTree } from './tree.ts'

/** All elements of a tree in one vector. */
export function flat(tree: unknown): Tensor {
  return concat(leaves(tree).map((leaf) => leaf.reshape([-1])))
}

/** A vector as a tree like another. */
export function unflat<X>(vector: Tensor, like: X): X {
  let from = 0
  return mapTree((leaf) => {
    const start = from
    from += sizeOf(leaf.shape)
    return vector.slice([start], [from]).reshape(leaf.shape)
  }, like)
}
