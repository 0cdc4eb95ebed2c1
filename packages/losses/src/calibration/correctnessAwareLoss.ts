import { argMax, dims, logSoftmax, max, mean, type Tensor, where } from '@wengert/core'
import { checkChoice, checkLogits } from '../check.ts'
import { complement } from '../labelLogProbs.ts'
import { classLabels } from '../labels.ts'

export interface CorrectnessAwareOptions {
  /** Whether examples read right and examples read wrong weigh the same in total, or each example the same. @default 'inverseFrequency' */
  readonly balance?: 'inverseFrequency' | 'none'
}

const balances = { inverseFrequency: 0, none: 0 } as const

/**
 * Squared distance of the greatest probability from 1 where it is right and from 0 where it is wrong. Use it to calibrate a
 * classifier that is trained already, by a temperature for each example as transformConsistencyCalibrator finds it: its
 * logits are those after calibration. Not to train the classifier: it does not ask which class is the right one.
 *
 *     ĉ = max softmax(logits),  c = 1 where argMax(logits) = label, else 0
 *     r = (ĉ − c)²
 *     L = r / (2 ρ) where c = 1,  r / (2 (1 − ρ)) where c = 0,  with ρ the mean of c over the batch
 *     L = r  if balance is 'none', and where all of a batch are right or all are wrong
 *
 * The mean of the balanced loss is the weighted mean of r by inverse frequency. It is least for the confidences of a set
 * that is half wrong, so an accurate classifier becomes too unsure by it, but the wrong ones are told apart; with 'none' the
 * best confidence is the share that is right. Class labels outside [0, K) throw where their numbers are data on the host;
 * labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B], coupled by ρ unless balance is 'none'.
 * Gradient: 2 (ĉ − c) ĉ (e − softmax(logits)) with respect to logits, e one-hot at the greatest, times the same weights.
 * Source: Liu et al., arXiv 2404.13016 (2024), form of the authors' code; whether the weights are in the paper is
 * UNVERIFIED.
 *
 * @example const [logits, labels] = [tensor([[2, 0], [1, 0], [0, 1]]), tensor([0, 1, 1], { dtype: 'i32' })]
 * mean(correctnessAwareLoss(logits.div(2), labels)).item() // 0.247444
 */
export function correctnessAwareLoss(
  logits: Tensor,
  labels: Tensor,
  { balance = 'inverseFrequency' }: CorrectnessAwareOptions = {},
): Tensor {
  const fn = 'correctnessAwareLoss'
  const { K } = dims(fn, { logits, labels }, '...B K, ...B')
  checkLogits(fn, logits)
  checkChoice(fn, 'balance', balance, balances)
  const { mark } = classLabels(fn, labels, K as number)
  const right = argMax(logits).equal(labels)
  const logConfidence = max(logSoftmax(logits), { axis: -1 })
  const distance = where(right, complement(logConfidence), logConfidence.exp()).square()
  if (balance === 'none') return mark(distance)
  const share = mean(right.cast(distance.dtype))
  const own = where(right, share, share.neg().add(1))
  return mark(where(own.equal(1), distance, distance.div(own.mul(2))))
}
