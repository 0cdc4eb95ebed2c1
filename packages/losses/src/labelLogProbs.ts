import { dims, expm1, logSoftmax, sum, type Tensor, where } from '@wengert/core'
import { checkLogits } from './check.ts'
import { classLabels, type ReadyLabels } from './labels.ts'

/** Logits and class labels made ready for a formula in the probabilities of a softmax. */
export interface LabelLogProbs extends ReadyLabels {
  /** log softmax(logits), [...B, K]. */
  readonly logProbs: Tensor
  /** That of the label, [...B]. */
  readonly logProb: Tensor
}

/** Logits [...B, K] and class labels i32 [...B], checked in the name of a function. */
export function labelLogProbs(fn: string, logits: Tensor, labels: Tensor): LabelLogProbs {
  const { K } = dims(fn, { logits, labels }, '...B K, ...B')
  checkLogits(fn, logits)
  const { hit, mark } = classLabels(fn, labels, K as number)
  const logProbs = logSoftmax(logits)
  return { hit, mark, logProbs, logProb: sum(where(hit, logProbs, 0), { axis: -1 }) }
}

/** 1 − p from log p, with the digits that p near 1 would lose. */
export function complement(logProb: Tensor): Tensor {
  return expm1(logProb).neg()
}
