import { sum, type Tensor, where } from '@wengert/core'
import { labelledLogits } from '../labels.ts'

/**
 * Squared distance of the logits themselves from the one-hot label. Use it as the simplest loss of the spherical
 * family, or for least-squares classification; softmaxMseLoss compares probabilities instead.
 *
 *     L = ‖z − e_y‖² = Σ z² − 2 z_y + 1
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: 2 (z − one-hot label), nowhere else 0; it pulls right answers above 1 back too.
 * Source: Vincent, de Brébisson, Bouthillier, arXiv 1412.7091 (2015), whose example of the family it is.
 *
 * @example sphericalMse(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 2
 */
export function sphericalMse(logits: Tensor, labels: Tensor): Tensor {
  const fn = 'sphericalMse'
  const { hit, mark } = labelledLogits(fn, logits, labels)
  return mark(sum(where(hit, logits.sub(1), logits).square(), { axis: -1 }))
}
