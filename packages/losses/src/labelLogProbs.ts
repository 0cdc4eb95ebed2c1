import {
  expm1,
  isFinite,
  logSoftmax,
  logSumExp,
  max,
  stopGradient,
  sum,
  type Tensor,
  takeAlong,
  where,
} from '@wengert/core'
import { labelledLogits, type ReadyLabels } from './labels.ts'

/** Logits and class labels made ready for a formula in the probabilities of a softmax. */
export interface LabelLogProbs extends ReadyLabels {
  /** log softmax(logits), [...B, K]. */
  readonly logProbs: Tensor
  /** That of the label, [...B]. */
  readonly logProb: Tensor
}

/** Logits [...B, K] and class labels i32 [...B], checked in the name of a function. */
export function labelLogProbs(fn: string, logits: Tensor, labels: Tensor): LabelLogProbs {
  const { hit, mark } = labelledLogits(fn, logits, labels)
  const logProbs = logSoftmax(logits)
  return { hit, mark, logProbs, logProb: logProbOf(logits, labels) }
}

/**
 * log softmax(logits) at the labels, [...B], with the digits of `logSoftmax`, but looked up first: no other number of
 * [...B, K] is written.
 */
export function logProbOf(logits: Tensor, labels: Tensor): Tensor {
  const greatest = max(stopGradient(logits), { axis: -1, keepDims: true })
  const top = where(isFinite(greatest), greatest, 0)
  const total = sum(logits.sub(top).exp(), { axis: -1, keepDims: true })
  const centred = takeAlong(logits, labels.expandDims(-1)).sub(top)
  return centred.sub(where(total.equal(0), 1, total).log()).squeeze(-1)
}

/** log p − log(1 − p) of the label's probability, [...B], with the digits of both; ∞ of one class alone. */
export function labelLogOdds({ hit, logProbs, logProb }: LabelLogProbs): Tensor {
  return logProb.sub(logSumExp(where(hit, Number.NEGATIVE_INFINITY, logProbs), { axis: -1 }))
}

/** 1 − p from log p, with the digits that p near 1 would lose. */
export function complement(logProb: Tensor): Tensor {
  return expm1(logProb).neg()
}
