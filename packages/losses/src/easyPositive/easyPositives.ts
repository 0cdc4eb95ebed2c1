import {
  any,
  argMin,
  cdist,
  DTypeError,
  dims,
  type Key,
  norm,
  stopGradient,
  type Tensor,
  take,
  where,
} from '@wengert/core'
import { checkBatch, othersOfClass } from './batch.ts'
import { distanceWeightedSampler } from './distanceWeightedSampler.ts'

/**
 * The nearest example of the same class for each example of a batch: the easiest positive. The lowest index of several; −1 where the
 * class has no other example.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → i32 [B].
 * Gradient: none.
 * Source: Levi, Xiao, Wang, Darrell, Rethinking preventing class-collapsing in metric learning with margin-based losses,
 * arXiv 2006.05162 (2020).
 *
 * @example easyPositives(tensor([[0], [3], [1], [9]]), tensor([0, 0, 0, 1], { dtype: 'i32' })).dataSync() // 2, 2, 0, -1
 */
export function easyPositives(embeddings: Tensor, labels: Tensor): Tensor {
  checkBatch('easyPositives', embeddings, labels)
  const x = stopGradient(embeddings)
  const positive = othersOfClass(labels)
  const nearest = argMin(where(positive, cdist(x, x), Number.POSITIVE_INFINITY), { axis: 1 })
  return where(any(positive, { axis: 1 }), nearest, -1)
}

/** Indices of one negative for each example, i32 [B] with −1 for none, or a key to draw them with. */
export type Negatives = Key | Tensor

/** Distances of each example to its easy positive and to its negative, and whether it has them. */
export interface EasyPairs {
  readonly toPositive: Tensor
  readonly hasPositive: Tensor
  readonly toNegative: Tensor
  readonly hasNegative: Tensor
}

export function easyPairs(fn: string, embeddings: Tensor, labels: Tensor, negatives: Negatives): EasyPairs {
  checkBatch(fn, embeddings, labels)
  const drawn = 'k0' in negatives ? distanceWeightedSampler(negatives, embeddings, labels) : negatives
  dims(fn, { embeddings, negatives: drawn }, 'B D, B')
  if (drawn.dtype !== 'i32') throw new DTypeError(`${fn}: negatives must be a key or i32 indices, got ${drawn.dtype}.`)
  const distanceTo = (indices: Tensor): { distance: Tensor; has: Tensor } => {
    const has = indices.greaterEqual(0)
    return { distance: norm(embeddings.sub(take(embeddings, where(has, indices, 0))), { axis: -1 }), has }
  }
  const positive = distanceTo(easyPositives(embeddings, labels))
  const negative = distanceTo(drawn)
  return {
    toPositive: positive.distance,
    hasPositive: positive.has,
    toNegative: negative.distance,
    hasNegative: negative.has,
  }
}
