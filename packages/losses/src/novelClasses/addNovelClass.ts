import { concat, dims, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { newClassifier } from './newClassifier.ts'

/**
 * Prototypes with one more: that of a class of which there are some embeddings, and no training. Use it to add classes to a classifier
 * that was trained with normalizedSoftmaxLoss, or under unitNormConstraint, and where a few examples must do.
 *
 *     [prototypes; newClassifier(embeddings)]
 *
 * To predict, take the greatest of cosineLogits. The odds of the classes that were there before do not change.
 *
 * Shapes: prototypes [K, D] of length 1, embeddings [N, D], all of the new class → [K + 1, D].
 * Gradient: 1 to the prototypes; to each embedding, across it.
 * Source: Pereira, Joly, Valduriez, Porto, arXiv 2102.03243 (2021), form of the authors' code; equations UNVERIFIED.
 *
 * @example addNovelClass(tensor([[1, 0]]), tensor([[0, 3], [0, 4]])).dataSync() // 1, 0, 0, 1
 */
export function addNovelClass(prototypes: Tensor, embeddings: Tensor): Tensor {
  dims('addNovelClass', { prototypes, embeddings }, 'K D, N D')
  checkFloats('addNovelClass', { prototypes })
  return concat([prototypes, newClassifier(embeddings)])
}
