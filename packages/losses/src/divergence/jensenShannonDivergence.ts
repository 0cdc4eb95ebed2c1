import type { Tensor } from '@wengert/core'
import { type DivergenceOptions, distributions, relativeEntropy } from './distributions.ts'

/**
 * Jensen–Shannon divergence: how far two distributions lie from their average. Use it in place of klDivergence where
 * neither of them is the truth, as between two views of an example, or where zeros must not cost infinity: it is
 * symmetric, and its root is a distance. Not to learn from far off: it levels out at log 2.
 *
 *     m = ½ (q + t)
 *     L = ½ KL(q ‖ m) + ½ KL(t ‖ m),   0 log 0 = 0
 *
 * generalizedJsLoss is this of logits and labels, with weights. Probabilities outside [0, 1] throw where their numbers are
 * data on the host; that rows sum to 1 is not checked.
 *
 * Shapes: predictions [...B, K], targets [...B, K] → [...B], from 0 to log 2.
 * Gradient: ½ log(qₖ / mₖ) with respect to predictions; where qₖ = 0 the infinite log is left out.
 * Source: Lin, Divergence Measures Based on the Shannon Entropy (1991).
 *
 * @example jensenShannonDivergence(tensor([0.5, 0.5]), tensor([1, 0])).item() // 0.215762
 */
export function jensenShannonDivergence(predictions: Tensor, targets: Tensor, options: DivergenceOptions = {}): Tensor {
  const { prediction, target } = distributions('jensenShannonDivergence', predictions, targets, options)
  const logMiddle = prediction.p.add(target.p).mul(0.5).log()
  return relativeEntropy(prediction, logMiddle).add(relativeEntropy(target, logMiddle)).mul(0.5)
}
