import { dims, softplus, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { signLabels } from '../labels.ts'

/**
 * Logistic loss of labels −1 and 1. Use it for questions of yes or no where the labels are signs, as where it takes turns
 * with hinges; binaryCrossEntropy is the same for labels 0 and 1, and takes probabilities.
 *
 *     L = log(1 + e^(−label · z))
 *
 * Labels other than −1 and 1 throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S].
 * Gradient: −label · σ(−label · z) with respect to logits.
 * Source: Cox, The Regression Analysis of Binary Sequences (1958); the name is PyTorch's.
 *
 * @example softMarginLoss(tensor([0, 3]), tensor([1, -1])).dataSync() // 0.693147, 3.048587
 */
export function softMarginLoss(logits: Tensor, labels: Tensor): Tensor {
  dims('softMarginLoss', { logits, labels }, '...S, ...S')
  checkFloats('softMarginLoss', { logits })
  const { hit, mark } = signLabels('softMarginLoss', labels)
  return mark(softplus(where(hit, logits.neg(), logits)))
}
