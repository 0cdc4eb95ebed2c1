import { sum, type Tensor, where } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { labelledLogits } from '../labels.ts'
import { tsallisConjugate } from './tsallisConjugate.ts'

export interface EntmaxLossOptions {
  /** How sparse the probabilities are, greater than 0: 1 gives crossEntropy, 2 the sparsemax loss. @default 1.5 */
  readonly alpha?: number
}

/**
 * The loss that belongs to entmax as crossEntropy does to softmax. Use it to train a classifier whose probabilities may be
 * exactly 0, and which stops pushing once the label leads by 1/(α − 1).
 *
 *     p = entmax(z)
 *     L = (p − e_y) · z + H(p),   H(p) = (1 − Σ pᵢ^α) / (α (α − 1)),   Shannon's entropy for α = 1
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: p − one-hot label; for α > 1 it is exactly 0 where the label leads all others by at least 1/(α − 1).
 * Source: Peters, Niculae, Martins, arXiv 1905.05702 (2019); for α = 2 Martins, Astudillo, arXiv 1602.02068 (2016), sec. 3.
 * Equation numbers UNVERIFIED.
 *
 * @example entmaxLoss(tensor([2, 1, 0]), tensor(1, { dtype: 'i32' })).item() // 1.061656
 * @example entmaxLoss(tensor([1, 0.5, -2]), tensor(0, { dtype: 'i32' }), { alpha: 2 }).item() // 0.0625
 */
export function entmaxLoss(logits: Tensor, labels: Tensor, { alpha = 1.5 }: EntmaxLossOptions = {}): Tensor {
  const fn = 'entmaxLoss'
  const { hit, mark } = labelledLogits(fn, logits, labels)
  checkPositive(fn, 'alpha', alpha)
  const own = sum(where(hit, logits, 0), { axis: -1, keepDims: true })
  return mark(tsallisConjugate(logits.sub(own), alpha))
}
