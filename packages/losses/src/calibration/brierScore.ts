import { checkCount, dims, sum, type Tensor } from '@wengert/core'
import { checkFloats, checkProbabilities } from '../check.ts'
import { classLabels } from '../labels.ts'

/**
 * Brier score: squared distance of predicted probabilities from the one-hot label. Use it to report how good probabilities
 * are, sharpness and calibration in one number that no dishonest forecast improves. To train by logits take softmaxMseLoss,
 * which is the same; for the probability of a yes or no take squaredError, which is half of it.
 *
 *     L = Σₖ (pₖ − one-hot labelₖ)²
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 * Probabilities outside [0, 1] throw likewise; those that are computed are not checked, nor is that rows sum to 1.
 *
 * Shapes: probabilities [...B, K], labels i32 [...B] → [...B], from 0 to 2.
 * Gradient: 2 (p − one-hot label) with respect to probabilities.
 * Source: Brier, Verification of Forecasts Expressed in Terms of Probability (1950).
 *
 * @example brierScore(tensor([[0.7, 0.2, 0.1]]), tensor([0], { dtype: 'i32' })).item() // 0.14
 */
export function brierScore(probabilities: Tensor, labels: Tensor): Tensor {
  const fn = 'brierScore'
  const K = dims(fn, { probabilities, labels }, '...B K, ...B').K as number
  checkFloats(fn, { probabilities })
  checkCount(fn, 'number of classes', K, 1)
  checkProbabilities(fn, { probabilities })
  const { hit, mark } = classLabels(fn, labels, K)
  return mark(sum(probabilities.sub(hit.cast(probabilities.dtype)).square(), { axis: -1 }))
}
