import { maximum, sum, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'

/**
 * Mean over the elements greater than 0, and 0 where there are none. Use it on losses of pairs or examples of which many are 0 as
 * they are learned, which a plain mean would let drown the others.
 *
 *     Σ [x > 0] x / max(1, Σ [x > 0])
 *
 * Shapes: x [...S] → [].
 * Gradient: 1 / count to elements greater than 0, none to the others; it jumps where one comes to count.
 * Source: Hermans, Beyer, Leibe, In Defense of the Triplet Loss, arXiv 1703.07737 (2017), their mean of non-zero terms.
 *
 * @example nonZeroMean(tensor([0, 1, 0, 3])).item() // 2
 */
export function nonZeroMean(x: Tensor): Tensor {
  checkFloats('nonZeroMean', { x })
  return meanOver(x.greater(0), x)
}

/** Mean of the elements of a mask, 0 of none. */
export function meanOver(mask: Tensor, x: Tensor): Tensor {
  return sum(where(mask, x, 0)).div(maximum(sum(mask.cast(x.dtype)), 1))
}
