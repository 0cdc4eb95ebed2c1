import { sum, type Tensor } from '@wengert/core'
import { binned, type CalibrationOptions } from './reliabilityDiagram.ts'

/**
 * Expected calibration error: by how much, on average, confidence and the share that is right differ within the bins of
 * reliabilityDiagram. Use it to report how well confidences can be trusted, beside a proper score such as brierScore: a
 * classifier that always says how common the commonest class is has an error of 0. Not to compare numbers of examples or
 * of bins that differ, which bias it, nor to train by.
 *
 *     ECE = Σₘ (countₘ / N) |accuracyₘ − confidenceₘ|
 *
 * Labels and probabilities out of range are taken as in reliabilityDiagram. It is a number for a whole set of examples.
 *
 * Shapes: probabilities [...B, K], labels i32 [...B] → [], NaN without examples.
 * Gradient: ±1 / N to the greatest probability of each example, by whether its bin is too sure; it jumps between bins.
 * Source: Guo et al., On Calibration of Modern Neural Networks, arXiv 1706.04599 (2017); Naeini, Cooper, Hauskrecht,
 * Obtaining Well Calibrated Probabilities Using Bayesian Binning (2015).
 *
 * @example const probabilities = tensor([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
 * expectedCalibrationError(probabilities, tensor([0, 0, 0], { dtype: 'i32' }), { bins: 4 }).item() // 0.333333
 */
export function expectedCalibrationError(
  probabilities: Tensor,
  labels: Tensor,
  options: CalibrationOptions = {},
): Tensor {
  const { count, confidence, accuracy } = binned('expectedCalibrationError', probabilities, labels, options)
  const weights = count.cast(confidence.dtype)
  return sum(accuracy.sub(confidence).abs().mul(weights)).div(sum(weights))
}
