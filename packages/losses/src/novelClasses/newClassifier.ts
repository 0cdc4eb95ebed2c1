import { checkCount, dims, mean, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { unitRows } from '../margin/unitRows.ts'

/**
 * The prototype of a class from embeddings of it, without training: their mean direction. Use it to begin a classifier of classes
 * that the embedding has not seen, and addNovelClass for the classes after the first.
 *
 *     w = m / ‖m‖,   m = mean of x / ‖x‖ over the examples
 *
 * Of all directions it has the greatest sum of cosines to the examples. Where these cancel there is none, and rounding decides; an
 * exact mean of 0 stays 0.
 *
 * Shapes: embeddings [N, D], all of one class → [1, D].
 * Gradient: to each embedding, across it.
 * Source: Pereira, Joly, Valduriez, Porto, arXiv 2102.03243 (2021), form of the authors' code; equations UNVERIFIED.
 *
 * @example newClassifier(tensor([[2, 0], [0, 5]])).dataSync() // 0.7071, 0.7071
 */
export function newClassifier(embeddings: Tensor): Tensor {
  const { N } = dims('newClassifier', { embeddings }, 'N D')
  checkFloats('newClassifier', { embeddings })
  checkCount('newClassifier', 'number of examples', N as number, 1)
  return unitRows(mean(unitRows(embeddings), { axis: 0, keepDims: true }))
}
