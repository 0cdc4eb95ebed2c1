import { checkOption, type Tensor } from '@wengert/core'
import { complement, labelLogProbs } from '../labelLogProbs.ts'

export interface SymmetricCrossEntropyOptions {
  /** Share of the reverse cross-entropy, from 0 to 1. @default 0.5 */
  readonly balance?: number
  /** What stands for −log 0 in it, > 0. @default 4, as in the paper */
  readonly A?: number
}

/**
 * Mixture of crossEntropy, which learns fast, and reverseCrossEntropy, which wrong labels hardly mislead. Use it where
 * some labels are wrong.
 *
 *     p = softmax(logits) at the label
 *     L = −(1 − balance) log p + balance · A (1 − p)
 *
 * The paper has two factors α and β in place of 1 − balance and balance. Class labels outside [0, K) throw where their
 * numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: (1 − balance + balance · A p) (softmax(logits) − one-hot label).
 * Source: Wang, Ma, Chen, Luo, Yi, Bailey, arXiv 1908.06112 (2019), in the form of the code of Zhu, Ying, Yang,
 * arXiv 2112.14869 (2023); equation numbers UNVERIFIED.
 *
 * @example symmetricCrossEntropy(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.873321
 */
export function symmetricCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { balance = 0.5, A = 4 }: SymmetricCrossEntropyOptions = {},
): Tensor {
  const fn = 'symmetricCrossEntropy'
  const { logProb, mark } = labelLogProbs(fn, logits, labels)
  checkOption(fn, 'balance', balance, balance >= 0 && balance <= 1, 'from 0 to 1')
  checkOption(fn, 'A', A, A > 0, 'greater than 0')
  return mark(
    complement(logProb)
      .mul(balance * A)
      .sub(logProb.mul(1 - balance)),
  )
}
