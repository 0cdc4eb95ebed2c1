import { checkOption, type Tensor } from '@wengert/core'
import { type LabelLogProbs, labelLogProbs } from '../labelLogProbs.ts'

export interface AsymmetricUnhingedOptions {
  /** What the probability is subtracted from, > 1. @default 1.5 */
  readonly a?: number
  /** Power, > 0. @default 0.9 */
  readonly q?: number
}

/**
 * Asymmetric unhinged loss: a power of a constant minus the label's probability. Use it where some labels are wrong and
 * the right one is still the most frequent; beside normalizedCrossEntropy in nceAndAul it fits better.
 *
 *     p = softmax(logits) at the label
 *     L = ((a − p)^q − (a − 1)^q) / q
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: (a − p)^(q − 1) p (softmax(logits) − one-hot label); it vanishes for p → 0.
 * Source: Zhou, Liu, Jiang, Gao, Ji, arXiv 2106.03110 (2021); equation numbers UNVERIFIED.
 *
 * @example asymmetricUnhingedLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.348985
 */
export function asymmetricUnhingedLoss(
  logits: Tensor,
  labels: Tensor,
  { a = 1.5, q = 0.9 }: AsymmetricUnhingedOptions = {},
): Tensor {
  const fn = 'asymmetricUnhingedLoss'
  const ready = labelLogProbs(fn, logits, labels)
  return ready.mark(aulOf(fn, ready, a, q))
}

/** ((a − p)^q − (a − 1)^q) / q. */
export const aulOf = (fn: string, { logProb }: LabelLogProbs, a: number, q: number): Tensor => {
  checkOption(fn, 'a', a, a > 1, 'greater than 1')
  checkOption(fn, 'q', q, q > 0, 'greater than 0')
  return logProb
    .exp()
    .neg()
    .add(a)
    .pow(q)
    .sub((a - 1) ** q)
    .div(q)
}
