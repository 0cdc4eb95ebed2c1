import type { Tensor } from '@wengert/core'
import { type DivergenceOptions, distributions, relativeEntropy } from './distributions.ts'

/**
 * Kullback–Leibler divergence KL(targets ‖ predictions): what it costs, beyond the entropy of the targets, to take the
 * predictions for them. Use it where targets are distributions and 0 should mean a perfect fit, as for a teacher's or an
 * annotators' opinion; crossEntropy takes logits and has the same gradient. Exchange the arguments for the reverse
 * divergence, which prefers to miss modes rather than to invent them.
 *
 *     L = Σₖ tₖ log(tₖ / qₖ),   0 log 0 = 0
 *
 * From a model take { logPredictions: true } with logSoftmax(logits): probabilities of nearly 0 keep their logarithms so.
 * It is infinite where a prediction is 0 and its target is not. Probabilities outside [0, 1] throw where their numbers are
 * data on the host; that rows sum to 1 is not checked.
 *
 * Shapes: predictions [...B, K], targets [...B, K] → [...B].
 * Gradient: −tₖ / qₖ with respect to predictions, −tₖ to their logarithms; log(tₖ / qₖ) + 1 with respect to targets, taken
 * as 0 where tₖ = 0.
 * Source: Kullback, Leibler, On Information and Sufficiency (1951).
 *
 * @example klDivergence(tensor([0.5, 0.5]), tensor([1, 0])).item() // 0.693147
 * @example klDivergence(logSoftmax(tensor([1, 2])), tensor([0.5, 0.5]), { logPredictions: true }).item() // 0.120114
 */
export function klDivergence(predictions: Tensor, targets: Tensor, options: DivergenceOptions = {}): Tensor {
  const { prediction, target } = distributions('klDivergence', predictions, targets, options)
  return relativeEntropy(target, prediction.logP)
}
