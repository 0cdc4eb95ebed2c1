import { dims, logSoftmax, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { labelledScores, type MultiLabelOptions, overPositives } from './labelledScores.ts'

export interface MultiLabelInfoNceOptions extends MultiLabelOptions {
  /** What each positive counts, [...B, K], such as how relevant it is. @default 1 */
  readonly weights?: Tensor
}

/**
 * Cross-entropy of a softmax over all labels, summed over the true ones. Use it where examples have one true label, or
 * as what decoupledSoftmaxLoss is compared with: where there are several they compete, and it cannot fall below n log n
 * for n of them.
 *
 *     z = scores / temperature
 *     L = −Σ over the positives l of weightₗ log( e^(zₗ) / Σⱼ e^(zⱼ) )
 *
 * Without a positive it is 0. Labels are 0 and 1 of any dtype; others throw where they are data on the host, and give
 * NaN where they are computed.
 *
 * Shapes: scores [...B, K], labels [...B, K] → [...B].
 * Gradient: (Σ weights · softmax(z) − weights of the positives) / temperature.
 * Source: Gupta et al., Dual-Encoders for Extreme Multi-Label Classification, arXiv 2310.10636 (2023), and the authors'
 * code; equation numbers UNVERIFIED.
 *
 * @example multiLabelInfoNceLoss(tensor([2, 1, 0]), tensor([1, 1, 0]), { temperature: 1 }).item() // 1.81521
 */
export function multiLabelInfoNceLoss(
  scores: Tensor,
  labels: Tensor,
  { weights, ...options }: MultiLabelInfoNceOptions = {},
): Tensor {
  const fn = 'multiLabelInfoNceLoss'
  const ready = labelledScores(fn, scores, labels, options)
  const terms = logSoftmax(ready.logits).neg()
  if (!weights) return ready.mark(overPositives(ready, terms))
  dims(fn, { scores, weights }, '...B K, ...B K')
  checkFloats(fn, { weights })
  return ready.mark(overPositives(ready, terms.mul(weights)))
}
