import { checkOption, dims, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { binaryLabels } from '../labels.ts'
import { focalTerm } from './focalTerm.ts'

export interface SigmoidFocalOptions {
  /** How strongly examples that are right already are turned down, at least 0. @default 2 */
  readonly gamma?: number
  /** Weight of label 1, from 0 to 1; label 0 has 1 − alpha. Null for weight 1 of both. @default 0.25 */
  readonly alpha?: number | null
}

/**
 * Focal loss of σ(logits): binaryCrossEntropy with the weight of an example lowered as it is got right. Use it where one of two
 * classes is rare and most examples of the other are easy, as in detection.
 *
 *     p = σ(z) if the label is 1, σ(−z) if it is 0
 *     L = −αₜ (1 − p)^gamma log p,   αₜ = alpha if the label is 1, 1 − alpha if it is 0
 *
 * Detectors divide the sum over all anchors by the number of positive ones: sum(loss).div(maximum(sum(labels), 1)). Labels
 * other than 0 and 1, of any dtype, throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S].
 * Gradient: αₜ (1 − p)^gamma (gamma p log p + p − 1) with respect to z for label 1, the negative for label 0; it dies where p → 1.
 * Source: Lin et al., Focal Loss for Dense Object Detection, arXiv 1708.02002 (2017), eq. 5.
 *
 * @example sigmoidFocalLoss(tensor([0, 3]), tensor([1, 0])).dataSync() // 0.043322, 2.074710
 */
export function sigmoidFocalLoss(
  logits: Tensor,
  labels: Tensor,
  { gamma = 2, alpha = 0.25 }: SigmoidFocalOptions = {},
): Tensor {
  const fn = 'sigmoidFocalLoss'
  dims(fn, { logits, labels }, '...S, ...S')
  checkFloats(fn, { logits })
  checkOption(fn, 'gamma', gamma, gamma >= 0 && Number.isFinite(gamma), 'a finite number of at least 0')
  if (alpha !== null) checkOption(fn, 'alpha', alpha, alpha >= 0 && alpha <= 1, 'from 0 to 1, or null')
  const { hit, mark } = binaryLabels(fn, labels)
  const loss = focalTerm(where(hit, logits, logits.neg()), gamma)
  return mark(alpha === null ? loss : where(hit, loss.mul(alpha), loss.mul(1 - alpha)))
}
