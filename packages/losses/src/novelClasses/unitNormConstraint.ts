import { dims, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { unitRows } from '../margin/unitRows.ts'

/**
 * The rows of a matrix of weights, or embeddings, scaled to length 1. Call it on the prototypes of classes after each step of an
 * optimizer, so that logits of embeddings of length 1 are cosines and classes can be added later without training.
 *
 *     wₖ / ‖wₖ‖
 *
 * Unlike normalizedSoftmaxLoss, which divides by the length within the loss, this leaves the gradient its part along the rows; the
 * projection takes it away to first order. Rows of zeros stay.
 *
 * Shapes: weights [...S, D] → [...S, D].
 * Gradient: across the rows, none along them; 0 for rows of zeros.
 * Source: Pereira, Joly, Valduriez, Porto, arXiv 2102.03243 (2021), form of the authors' code; equations UNVERIFIED.
 *
 * @example unitNormConstraint(tensor([[3, 4], [0, 2]])).dataSync() // 0.6, 0.8, 0, 1
 */
export function unitNormConstraint(weights: Tensor): Tensor {
  dims('unitNormConstraint', { weights }, '...S D')
  checkFloats('unitNormConstraint', { weights })
  return unitRows(weights)
}
