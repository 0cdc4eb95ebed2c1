import { checkOption, dims, logSoftmax, sum, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { logProbOf } from '../labelLogProbs.ts'
import { classLabels, labelledSoftly } from '../labels.ts'

export interface CrossEntropyOptions {
  /** Share of the target spread evenly over all classes, from 0 to 1. @default 0 */
  readonly smoothing?: number
  /** Weight of each class, [K]. @default 1 for all */
  readonly weights?: Tensor
  /** Class label of examples to leave out, any integer, e.g. -100: their value and gradient are 0. @default none */
  readonly ignoreIndex?: number
}

/**
 * Cross-entropy of softmax(logits) and the labels. Use it to train a classifier with one class per example.
 *
 *     p = softmax(logits)
 *     q = (1 − smoothing) · target + smoothing / K,   target = the one-hot label or the given distribution
 *     L = −Σₖ weightₖ qₖ log pₖ
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 * A logit of −∞ rules a class out: it adds nothing as long as its target is 0, which smoothing forbids. To average
 * over the examples that are not ignored, write weightedMean(loss, labels.notEqual(ignoreIndex)). Rows of a
 * distribution should sum to 1; that is not checked.
 *
 * Shapes: logits [...B, K], labels i32 [...B] or distributions [...B, K] → [...B].
 * Gradient: p − q with respect to logits, if weights are 1 and q sums to 1.
 * Source: Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs (1990); smoothing: Szegedy
 * et al., arXiv 1512.00567 (2016), sec. 7.
 *
 * @example mean(crossEntropy(tensor([[2, 1, 0]]), tensor([0], { dtype: 'i32' }))).item() // 0.407606
 * @example crossEntropy(tensor([2, 1, 0]), tensor([0.5, 0.5, 0]), { smoothing: 0.1 }).item() // 0.957606
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { smoothing = 0, weights, ignoreIndex }: CrossEntropyOptions = {},
): Tensor {
  const fn = 'crossEntropy'
  const { soft, K } = labelledSoftly(fn, 'labels', logits, labels)
  if (weights) dims(fn, { logits, weights }, '...B K, K')
  if (weights) checkFloats(fn, { weights })
  checkOption(fn, 'smoothing', smoothing, smoothing >= 0 && smoothing <= 1, 'from 0 to 1')
  if (ignoreIndex !== undefined) {
    checkOption(fn, 'ignoreIndex', ignoreIndex, Number.isInteger(ignoreIndex), 'an integer')
    checkOption(fn, 'ignoreIndex', ignoreIndex, !soft, 'left out beside distributions')
  }

  const kept = ignoreIndex === undefined ? null : labels.notEqual(ignoreIndex)
  // What the logits of an ignored example hold must not matter, not even NaN.
  const safe = kept ? where(kept.expandDims(-1), logits, 0) : logits
  const classes = soft ? null : classLabels(fn, labels, K, ignoreIndex)
  if (classes && smoothing === 0 && !weights) {
    const marked = classes.mark(logProbOf(safe, kept ? where(kept, labels, 0) : labels).neg())
    return kept ? where(kept, marked, 0) : marked
  }
  const logProbs = logSoftmax(safe)
  const hard = classes ? where(classes.hit, logProbs, 0) : crossTerms(labels.cast(logits.dtype), logProbs)
  const terms = smoothing > 0 ? hard.mul(1 - smoothing).add(logProbs.mul(smoothing / K)) : hard
  const loss = sum(weights ? terms.mul(weights.cast(logits.dtype)) : terms, { axis: -1 }).neg()
  const marked = classes ? classes.mark(loss) : loss
  return kept ? where(kept, marked, 0) : marked
}

/** q log p, taken as 0 where both q and p are 0. */
function crossTerms(q: Tensor, logProbs: Tensor): Tensor {
  return q.mul(where(q.equal(0).and(logProbs.equal(Number.NEGATIVE_INFINITY)), 0, logProbs))
}
