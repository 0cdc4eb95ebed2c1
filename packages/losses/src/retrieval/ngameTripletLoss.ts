import { checkCount, checkOption, diagonal, dims, eye, relu, softmax, sum, type Tensor, where } from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'
import { binaryRows } from '../labels.ts'
import { greatestAmong } from './greatestAmong.ts'

export interface NgameTripletOptions {
  /** By how much the positive must score higher, finite. @default 0.3 */
  readonly margin?: number
  /** How many of the hardest negatives count, an integer of at least 1. @default 10 */
  readonly numNegatives?: number
  /** Weight these by a softmax of their scores. @default true */
  readonly softmaxWeights?: boolean
  /** What scores are divided by for that, greater than 0. @default 0.1 */
  readonly temperature?: number
}

/**
 * Triplet loss against the hardest negatives in a batch of documents and labels, of which the i-th belong together. Use
 * it for extreme classification with batches of similar documents, as clusteredBatches makes them, where each finds
 * hard negatives among the others' labels.
 *
 *     n₁ ≥ … ≥ n_k = the greatest scores of document i with labels that are not true of it
 *     hⱼ = [nⱼ − scoreᵢᵢ + margin]₊
 *     wⱼ = softmaxⱼ( nⱼ / temperature where hⱼ > 0, else 0 ), or 1 without weights
 *     L = Σⱼ wⱼ hⱼ / k
 *
 * labels tell which other labels of the batch are true of a document as well; those of the diagonal are taken to be.
 * Where there are fewer than k negatives the missing ones count as 0. With k = 1 and no weights it is the triplet loss
 * of the hardest negative. Labels are 0 and 1 of any dtype; others throw where they are data on the host, and give NaN
 * where they are computed.
 *
 * Shapes: scores [B, B], of documents and labels, labels [B, B] → [B].
 * Gradient: flows through the weights as well. Kinks where a hinge begins or other negatives become the hardest; with
 * weights a jump where a hinge ends, as its weight does not.
 * Source: Dahiya et al., NGAME, arXiv 2207.04452 (2022), the authors' code with the constants of its settings; the
 * paper's text is UNVERIFIED. Where negatives are missing their code takes positives for some.
 *
 * @example ngameTripletLoss(tensor([[0.9, 0.8], [0.1, 0.7]]), tensor([[1, 0], [0, 1]]), { numNegatives: 1 }).dataSync() // 0.2, 0
 */
export function ngameTripletLoss(
  scores: Tensor,
  labels: Tensor,
  { margin = 0.3, numNegatives = 10, softmaxWeights = true, temperature = 0.1 }: NgameTripletOptions = {},
): Tensor {
  const fn = 'ngameTripletLoss'
  const { B = 0 } = dims(fn, { scores, labels }, 'B B, B B')
  checkFloats(fn, { scores })
  checkCount(fn, 'batch size', B, 1)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  checkCount(fn, 'numNegatives', numNegatives, 1)
  checkPositive(fn, 'temperature', temperature)
  const { hit, mark } = binaryRows(fn, labels)
  const negative = hit.or(eye(B).greater(0)).not()
  const { values, there } = greatestAmong(scores, negative, numNegatives)
  const hinge = where(there, relu(values.sub(diagonal(scores).expandDims(-1)).add(margin)), 0)
  const logits = where(there, where(hinge.greater(0), values.div(temperature), 0), Number.NEGATIVE_INFINITY)
  const weighted = softmaxWeights ? hinge.mul(softmax(logits)) : hinge
  return mark(sum(weighted, { axis: -1 }).div(numNegatives))
}
