import { arange, checkOption, dims, logSoftmax, sum, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { labelLogProbs } from '../labelLogProbs.ts'

export interface RerankerJointOptions {
  /** Place of "yes" among the answers. @default 0 */
  readonly yesIndex?: number
  /** Place of "no" among the answers. @default 1 */
  readonly noIndex?: number
}

/**
 * Loss of a reranker that is asked both ways: whether one candidate matches, and which of a list does. Use it to train
 * a language model as a reranker from a positive, a negative and a list that holds the positive at a place drawn at
 * random.
 *
 *     L = crossEntropy(positiveLogits, yes) + crossEntropy(negativeLogits, no) + crossEntropy(listLogits, label)
 *
 * The first two are logits of answers, of just yes and no or of a vocabulary. Draw the place of the positive evenly;
 * the authors' code never draws the last. Labels outside [0, L) throw where their numbers are data on the host; labels
 * that are computed give NaN there.
 *
 * Shapes: positiveLogits [...B, V], negativeLogits [...B, V], listLogits [...B, L], labels i32 [...B], the place of the
 * positive → [...B].
 * Gradient: softmax − one-hot answer for each of the three.
 * Source: Gu et al., UniME-V2, arXiv 2510.13515 (2025), and the authors' code.
 *
 * @example const label = tensor(2, { dtype: 'i32' })
 * rerankerJointLoss(tensor([2, 0]), tensor([1, 0]), tensor([0, 0, 1]), label).item() // 1.99163
 */
export function rerankerJointLoss(
  positiveLogits: Tensor,
  negativeLogits: Tensor,
  listLogits: Tensor,
  labels: Tensor,
  { yesIndex = 0, noIndex = 1 }: RerankerJointOptions = {},
): Tensor {
  const fn = 'rerankerJointLoss'
  const given = { positiveLogits, negativeLogits, listLogits, labels }
  const V = dims(fn, given, '...B V, ...B V, ...B L, ...B').V as number
  checkFloats(fn, { positiveLogits, negativeLogits, listLogits })
  const answer = (name: string, logits: Tensor, index: number): Tensor => {
    checkOption(fn, name, index, Number.isInteger(index) && index >= 0 && index < V, `an integer from 0 to ${V - 1}`)
    return sum(where(arange(V, { dtype: 'i32' }).equal(index), logSoftmax(logits), 0), { axis: -1 })
  }
  const { logProb, mark } = labelLogProbs(fn, listLogits, labels)
  const pair = answer('yesIndex', positiveLogits, yesIndex).add(answer('noIndex', negativeLogits, noIndex))
  return mark(pair.add(logProb).neg())
}
