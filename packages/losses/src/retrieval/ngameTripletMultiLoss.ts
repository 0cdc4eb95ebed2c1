import { checkCount, checkOption, dims, relu, softmax, sum, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { binaryRows } from '../labels.ts'
import { greatestAmong } from './greatestAmong.ts'

export interface NgameTripletMultiOptions {
  /** By how much positives must score higher, finite. @default 0.2 */
  readonly margin?: number
  /** How many of the hardest positives count, an integer of at least 1. @default 3 */
  readonly numPositives?: number
  /** How many of the hardest negatives count, an integer of at least 1. @default 5 */
  readonly numNegatives?: number
}

/**
 * Triplet loss of the hardest positives of each example against its hardest negatives. Use it for extreme
 * classification where several of the labels scored are true of an example.
 *
 *     p₁ ≤ … ≤ p_P = the least scores of positives,   n₁ ≥ … ≥ n_k = the greatest of negatives
 *     hᵢⱼ = [nⱼ − pᵢ + margin]₊
 *     wᵢⱼ = softmaxⱼ of those hᵢⱼ > 0
 *     L = Σᵢⱼ wᵢⱼ hᵢⱼ / (P k)
 *
 * Positives or negatives that are missing count as 0. Labels are 0 and 1 of any dtype; others throw where they are data
 * on the host, and give NaN where they are computed.
 *
 * Shapes: scores [...B, K], labels [...B, K] → [...B].
 * Gradient: flows through the weights as well. Kinks where other elements become the hardest; a jump where a hinge
 * ends, as its weight does not.
 * Source: Dahiya et al., NGAME, arXiv 2207.04452 (2022), the authors' code with the constants of its settings; the
 * paper's text is UNVERIFIED. Where negatives are missing their code takes positives for some; and where scores are
 * square it takes the diagonal for the only positives, for which numPositives is 1.
 *
 * @example ngameTripletMultiLoss(tensor([0.5, 0.6, 0.1]), tensor([1, 0, 0]), { numPositives: 1, numNegatives: 2 }).item() // 0.15
 */
export function ngameTripletMultiLoss(
  scores: Tensor,
  labels: Tensor,
  { margin = 0.2, numPositives = 3, numNegatives = 5 }: NgameTripletMultiOptions = {},
): Tensor {
  const fn = 'ngameTripletMultiLoss'
  const { K = 0 } = dims(fn, { scores, labels }, '...B K, ...B K')
  checkFloats(fn, { scores })
  checkCount(fn, 'number of labels', K, 1)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  checkCount(fn, 'numPositives', numPositives, 1)
  checkCount(fn, 'numNegatives', numNegatives, 1)
  const { hit, mark } = binaryRows(fn, labels)
  const low = greatestAmong(scores.neg(), hit, numPositives)
  const high = greatestAmong(scores, hit.not(), numNegatives)
  const there = low.there.expandDims(-1).and(high.there.expandDims(-2))
  const hinge = where(there, relu(high.values.expandDims(-2).add(low.values.expandDims(-1)).add(margin)), 0)
  const weights = softmax(where(hinge.greater(0), hinge, Number.NEGATIVE_INFINITY))
  return mark(sum(hinge.mul(weights), { axis: [-2, -1] }).div(numPositives * numNegatives))
}
