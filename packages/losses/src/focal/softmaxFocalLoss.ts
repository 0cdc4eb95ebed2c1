import { checkOption, dims, sum, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { labelLogOdds, labelLogProbs } from '../labelLogProbs.ts'
import { focalTerm } from './focalTerm.ts'

export interface SoftmaxFocalOptions {
  /** How strongly examples that are right already are turned down, at least 0. @default 2 */
  readonly gamma?: number
  /** Weight of each class, [K]. @default 1 for all */
  readonly weights?: Tensor
}

/**
 * Focal loss of softmax(logits): crossEntropy with the weight of an example lowered as it is got right. Use it where classes
 * are imbalanced and most examples of the common ones are easy.
 *
 *     p = softmax(logits) at the label
 *     L = −weight_y (1 − p)^gamma log p
 *
 * It is the loss of σ(t) with t = z_y − log Σ e^(zⱼ) over the other classes, and formed so: p near 1 costs no digits. Class
 * labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: weight_y (1 − p)^(gamma − 1) (1 − p − gamma p log p) (softmax(logits) − one-hot label); it dies where p → 1.
 * Source: Lin et al., Focal Loss for Dense Object Detection, arXiv 1708.02002 (2017), eq. 4 and 5, with the softmax in place
 * of the sigmoid.
 *
 * @example softmaxFocalLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.045678
 */
export function softmaxFocalLoss(
  logits: Tensor,
  labels: Tensor,
  { gamma = 2, weights }: SoftmaxFocalOptions = {},
): Tensor {
  const fn = 'softmaxFocalLoss'
  const ready = labelLogProbs(fn, logits, labels)
  const { hit, mark } = ready
  if (weights) {
    dims(fn, { logits, weights }, '...B K, K')
    checkFloats(fn, { weights })
  }
  checkOption(fn, 'gamma', gamma, gamma >= 0 && Number.isFinite(gamma), 'a finite number of at least 0')
  const loss = focalTerm(labelLogOdds(ready), gamma)
  return mark(weights ? loss.mul(sum(where(hit, weights.cast(logits.dtype), 0), { axis: -1 })) : loss)
}
