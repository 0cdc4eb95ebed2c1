import { checkOption, type Tensor } from '@wengert/core'
import { complement } from '../labelLogProbs.ts'
import { type ActivePassiveOptions, activePassive } from './activePassive.ts'

export interface NceAndRceOptions extends ActivePassiveOptions {
  /** What stands for −log 0 in reverseCrossEntropy, > 0. @default −log 1e-4 = 9.21, as in the authors' code */
  readonly A?: number
}

/**
 * Weighted sum of normalizedCrossEntropy and reverseCrossEntropy. Use it where many labels are wrong: both parts are
 * symmetric, so noise that spares no class cancels, and together they fit.
 *
 *     p = softmax(logits)
 *     L = α log p_y / Σₖ log pₖ + β A (1 − p_y)
 *
 * The weights that serve best depend on the data and its noise. Class labels outside [0, K) throw where their numbers
 * are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: that of the parts, weighted; it vanishes where a wrong prediction saturates.
 * Source: Ma, Huang, Wang, Romano, Erfani, Bailey, arXiv 2006.13554 (2020); equation numbers UNVERIFIED.
 *
 * @example nceAndRce(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 3.179769
 */
export function nceAndRce(
  logits: Tensor,
  labels: Tensor,
  { A = -Math.log(1e-4), ...weights }: NceAndRceOptions = {},
): Tensor {
  const fn = 'nceAndRce'
  checkOption(fn, 'A', A, A > 0, 'greater than 0')
  return activePassive(fn, logits, labels, weights, ({ logProb }) => complement(logProb).mul(A))
}
