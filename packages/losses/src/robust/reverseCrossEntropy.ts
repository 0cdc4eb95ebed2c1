import { checkOption, type Tensor } from '@wengert/core'
import { complement, labelLogProbs } from '../labelLogProbs.ts'

export interface ReverseCrossEntropyOptions {
  /** What stands for −log 0, > 0. @default −log 1e-4 = 9.21, as in the authors' code */
  readonly A?: number
}

/**
 * Cross-entropy with prediction and label in each other's place. Use it beside a loss that learns faster, as in
 * symmetricCrossEntropy or nceAndRce, where some labels are wrong: it is symmetric, so the labels' noise cancels.
 *
 *     p = softmax(logits)
 *     L = −Σₖ pₖ log labelₖ = A (1 − p at the label),   with log 0 := −A
 *
 * The authors' code also keeps each pₖ above 1e-7, which this does not: there it costs 1e-7 A more, and its gradient is
 * 0. Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN
 * there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: A p (softmax(logits) − one-hot label), with p at the label; it vanishes for p → 0.
 * Source: Wang, Ma, Chen, Luo, Yi, Bailey, arXiv 1908.06112 (2019); equation numbers UNVERIFIED.
 *
 * @example reverseCrossEntropy(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 3.083245
 */
export function reverseCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { A = -Math.log(1e-4) }: ReverseCrossEntropyOptions = {},
): Tensor {
  const fn = 'reverseCrossEntropy'
  const { logProb, mark } = labelLogProbs(fn, logits, labels)
  checkOption(fn, 'A', A, A > 0, 'greater than 0')
  return mark(complement(logProb).mul(A))
}
