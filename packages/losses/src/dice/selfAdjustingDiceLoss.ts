import { type Tensor, where } from '@wengert/core'
import { checkNotNegative } from '../check.ts'
import { labelLogOdds, labelLogProbs } from '../labelLogProbs.ts'
import { ratio } from '../ratio.ts'
import { answersOf } from './answers.ts'
import { decayedProbability } from './decayedProbability.ts'

export interface SelfAdjustingDiceOptions {
  /** How strongly probabilities near 1 are turned down, at least 0. @default 1 */
  readonly alpha?: number
  /** Added to numerator and denominator, at least 0. @default 1 */
  readonly gamma?: number
}

/**
 * Self-adjusting dice loss: a dice coefficient of each example, whose probability is turned down as it nears 1. Use it where easy
 * examples of a common class would rule the training. Not for sure predictions, or to tell how good they are: a label's loss is least
 * at p = 1 / (1 + alpha) and as great at p = 1 as at p = 0.
 *
 *     q = (1 − p)^alpha p of p = softmax(logits) at the label, or σ(logits) of yes or no
 *     L = 1 − (2 q + gamma) / (q + 1 + gamma) for a class label or the label 1
 *     L = 1 − gamma / (q + gamma) for the label 0
 *
 * Labels with as many axes as the logits are 0 or 1, labels with one axis less are classes. Labels out of range throw where their
 * numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K] and labels i32 [...B], or logits [...B] and labels [...B] → [...B].
 * Gradient: −(2 + gamma) / (q + 1 + gamma)² or gamma / (q + gamma)² times dq/dp = (1 − p)^(alpha − 1) (1 − p − alpha p); it changes
 * its sign at p = 1 / (1 + alpha).
 * Source: Li et al., Dice Loss for Data-imbalanced NLP Tasks, arXiv 1911.02855 (2020), form of the authors' code; equation numbers
 * are UNVERIFIED.
 *
 * @example selfAdjustingDiceLoss(tensor([0, 0]), tensor([1, 0])).dataSync() // 0.333333, 0.2
 */
export function selfAdjustingDiceLoss(
  logits: Tensor,
  labels: Tensor,
  { alpha = 1, gamma = 1 }: SelfAdjustingDiceOptions = {},
): Tensor {
  const fn = 'selfAdjustingDiceLoss'
  const answers = answersOf(fn, logits, labels)
  checkNotNegative(fn, { alpha, gamma })
  const { hit, mark, multiclass } = answers
  const t = multiclass ? labelLogOdds(labelLogProbs(fn, logits, labels)) : logits
  const q = decayedProbability(t, alpha)
  const ofHit = q
    .mul(2)
    .add(gamma)
    .div(q.add(1 + gamma))
  const ofMiss = (): Tensor => ratio(q.mul(0).add(gamma), q.add(gamma))
  return mark((multiclass ? ofHit : where(hit, ofHit, ofMiss())).neg().add(1))
}
