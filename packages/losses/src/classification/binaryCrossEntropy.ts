import { checkOption, dims, softplus, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { softLabels } from '../labels.ts'

export interface BinaryCrossEntropyOptions {
  /** Factor of the examples' positive part, above 1 where positives are rare. @default 1 */
  readonly positiveWeight?: number
  /** Share of the label replaced by ½, from 0 to 1. @default 0 */
  readonly smoothing?: number
}

/**
 * Cross-entropy of σ(logits) and labels in [0, 1]. Use it for yes-or-no questions, one per element: two classes, or
 * several labels that do not exclude one another.
 *
 *     y = (1 − smoothing) · label + smoothing / 2
 *     L = −positiveWeight · y log σ(z) − (1 − y) log σ(−z)
 *
 * Labels are 0 and 1 of any dtype, or probabilities. Labels outside [0, 1] throw where their numbers are data on the
 * host; labels that are computed give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S].
 * Gradient: σ(z) − y with respect to logits, if positiveWeight is 1.
 * Source: Cox, The Regression Analysis of Binary Sequences (1958).
 *
 * @example binaryCrossEntropy(tensor([0, 3]), tensor([1, 0])).dataSync() // 0.693147, 3.048587
 */
export function binaryCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { positiveWeight = 1, smoothing = 0 }: BinaryCrossEntropyOptions = {},
): Tensor {
  const fn = 'binaryCrossEntropy'
  dims(fn, { logits, labels }, '...S, ...S')
  checkFloats(fn, { logits })
  checkOption(fn, 'positiveWeight', positiveWeight, positiveWeight >= 0, 'at least 0')
  checkOption(fn, 'smoothing', smoothing, smoothing >= 0 && smoothing <= 1, 'from 0 to 1')
  const { y: given, mark } = softLabels(fn, labels, logits)
  const y = smoothing > 0 ? given.mul(1 - smoothing).add(smoothing / 2) : given
  const positive = y.mul(softplus(logits.neg())).mul(positiveWeight)
  const negative = y.neg().add(1).mul(softplus(logits))
  return mark(positive.add(negative))
}
