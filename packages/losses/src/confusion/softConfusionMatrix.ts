import { dims, sigmoid, sum, type Tensor, zeros } from '@wengert/core'
import { checkFloats, checkPositive, checkProbabilities, checkTensors } from '../check.ts'
import { markBatch, softLabels } from '../labels.ts'

/** How many examples of each class were taken for which, as scalars. They may be fractions. */
export interface ConfusionMatrix {
  readonly truePositives: Tensor
  readonly falseNegatives: Tensor
  readonly falsePositives: Tensor
  readonly trueNegatives: Tensor
}

export interface AmplifyOptions {
  /** Steepness, greater than 0: the larger, the closer to 0 and 1, and the fewer examples have a gradient. @default 73 */
  readonly L?: number
}

export interface SoftConfusionOptions extends AmplifyOptions {
  /** Whether logits are given in place of probabilities. @default false */
  readonly fromLogits?: boolean
}

/**
 * Pushes probabilities towards 0 and 1 by a steep sigmoid. Use it to count decisions rather than probabilities without losing the
 * gradient; it is the first half of softConfusionMatrix.
 *
 *     A(p) = σ(L (p − ½))
 *
 * A(0) is e^(−L/2), not 0. Probabilities outside [0, 1] throw where their numbers are data on the host.
 *
 * Shapes: probs [...S] → [...S].
 * Gradient: L A (1 − A), which dies away from ½.
 * Source: Han, Moniz, Chawla, AnyLoss, arXiv 2405.14745 (2024), form and default of the authors' code; how L is chosen there is
 * UNVERIFIED.
 *
 * @example amplify(tensor([0.45, 0.5, 0.6])).dataSync() // 0.025333, 0.500000, 0.999325
 */
export function amplify(probs: Tensor, options: AmplifyOptions = {}): Tensor {
  return sigmoid(exponent('amplify', probs, options))
}

/**
 * Confusion matrix of amplified probabilities, which has a gradient. Use it for a metric of your own with anyLoss, or to look at
 * what that trains by.
 *
 *     ŷ = σ(L (p − ½))
 *     TP = Σ y ŷ,  FN = Σ y (1 − ŷ),  FP = Σ (1 − y) ŷ,  TN = Σ (1 − y) (1 − ŷ)
 *
 * Probabilities and labels, which may be soft, outside [0, 1] throw where their numbers are data on the host; with labels that are
 * computed the counts are NaN there.
 *
 * Shapes: probs [...S], labels [...S] → four scalars, over all elements.
 * Gradient: ±L ŷ (1 − ŷ) with respect to p, times p (1 − p) if logits are given; none flows to labels.
 * Source: Han, Moniz, Chawla, AnyLoss, arXiv 2405.14745 (2024), form of the authors' code.
 *
 * @example softConfusionMatrix(tensor([0.9, 0.5, 0.1]), tensor([1, 1, 0])).truePositives.item() // 1.5
 */
export function softConfusionMatrix(
  probs: Tensor,
  labels: Tensor,
  options: SoftConfusionOptions = {},
): ConfusionMatrix {
  return confusionOf('softConfusionMatrix', probs, labels, options)
}

/** The matrix of softConfusionMatrix, checked in the name of a function. */
export function confusionOf(
  fn: string,
  probs: Tensor,
  labels: Tensor,
  { fromLogits = false, ...options }: SoftConfusionOptions,
): ConfusionMatrix {
  dims(fn, { probs, labels }, '...S, ...S')
  if (fromLogits) checkFloats(fn, { probs })
  const t = exponent(fn, fromLogits ? sigmoid(probs) : probs, options)
  const { y, mark } = softLabels(fn, labels, probs)
  const [hit, miss] = [y, y.neg().add(1)]
  // 1 − ŷ as a sigmoid of its own, which loses no digits.
  const [positive, negative] = [sigmoid(t), sigmoid(t.neg())]
  const none = markBatch(mark, labels, zeros([], { dtype: probs.dtype }))
  const count = (of: Tensor, read: Tensor): Tensor => sum(of.mul(read)).add(none)
  return {
    truePositives: count(hit, positive),
    falseNegatives: count(hit, negative),
    falsePositives: count(miss, positive),
    trueNegatives: count(miss, negative),
  }
}

function exponent(fn: string, probs: Tensor, { L = 73 }: AmplifyOptions): Tensor {
  checkTensors(fn, { probs })
  checkFloats(fn, { probs })
  checkProbabilities(fn, { probs })
  checkPositive(fn, 'L', L)
  return probs.sub(0.5).mul(L)
}
