import type { Tensor } from '@wengert/core'
import { residuals } from './residuals.ts'

/**
 * Absolute error. Use it for regression where outliers must not rule, or where the median is wanted; its mean is the MAE.
 * Not where small errors should be polished: the gradient does not shrink with them. huberLoss and smoothL1Loss do both.
 *
 *     L = |predictions − targets|
 *
 * Shapes: predictions [...S], targets [...S] → [...S].
 * Gradient: sign(predictions − targets) with respect to predictions, 0 at the kink.
 * Source: Laplace, Mémoire sur la probabilité des causes par les événements (1774).
 *
 * @example absoluteError(tensor([0.5, -3]), tensor([0, 0])).dataSync() // 0.5, 3
 */
export function absoluteError(predictions: Tensor, targets: Tensor): Tensor {
  return residuals('absoluteError', predictions, targets).abs()
}
