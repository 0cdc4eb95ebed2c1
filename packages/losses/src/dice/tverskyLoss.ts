import { sigmoid, sum, type Tensor, where } from '@wengert/core'
import { checkChoice, checkNotNegative } from '../check.ts'
import { markBatch } from '../labels.ts'
import { yesOrNo } from './answers.ts'
import { forms } from './diceLoss.ts'

export interface TverskyOptions {
  /** Weight of false positives, at least 0. @default 0.5 */
  readonly alpha?: number
  /** Weight of false negatives, at least 0; above alpha it favours recall. @default 0.5 */
  readonly beta?: number
  /** Added to numerator and denominator, at least 0. @default 1 */
  readonly gamma?: number
  /** An index for each example, or one of all examples. @default 'perExample' */
  readonly form?: 'perExample' | 'set'
}

/**
 * Tversky loss: 1 − the Tversky index, in which false positives and false negatives have weights of their own. Use it for yes or no
 * where one of the two is rare, or where a miss costs more than a false alarm. Not for calibrated probabilities.
 *
 *     TP = Σ σ(z) y,  FP = Σ σ(z) (1 − y),  FN = Σ σ(−z) y, sums of one example or of all
 *     L = 1 − (TP + gamma) / (TP + alpha FP + beta FN + gamma)
 *
 * With alpha = beta = ½ it is the dice loss with smooth = 2 gamma, with both 1 the Jaccard loss; with alpha + beta = 1, beta above ½
 * favours recall. Where the denominator is 0 it is 1. Labels other than 0 and 1, of any dtype, throw where their numbers are data on
 * the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S] for 'perExample', a scalar for 'set'.
 * Gradient: not above 0 where the label is 1, not below 0 where it is 0; with gamma = 0 it is 0 for the label 0 in the form
 * 'perExample', and everywhere in a set without a label 1.
 * Source: Li et al., Dice Loss for Data-imbalanced NLP Tasks, arXiv 1911.02855 (2020), after Tversky, Features of Similarity (1977);
 * equations of the paper are UNVERIFIED.
 *
 * @example tverskyLoss(tensor([0, 0]), tensor([1, 0])).dataSync() // 0.142857, 0.2
 */
export function tverskyLoss(
  logits: Tensor,
  labels: Tensor,
  { alpha = 0.5, beta = 0.5, gamma = 1, form = 'perExample' }: TverskyOptions = {},
): Tensor {
  const fn = 'tverskyLoss'
  const { hit, mark } = yesOrNo(fn, logits, labels)
  checkNotNegative(fn, { alpha, beta, gamma })
  checkChoice(fn, 'form', form, forms)
  const total = (x: Tensor): Tensor => (form === 'set' ? sum(x) : x)
  const [p, rest] = [sigmoid(logits), sigmoid(logits.neg())]
  // The difference of denominator and numerator, which does not cancel where all is right.
  const wrong = total(where(hit, rest.mul(beta), p.mul(alpha)))
  const all = wrong.add(total(where(hit, p, 0))).add(gamma)
  const loss = where(all.equal(0), 1, wrong.div(all))
  return form === 'set' ? markBatch(mark, labels, loss) : mark(loss)
}
