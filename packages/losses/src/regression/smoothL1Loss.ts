import type { Tensor } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { huber, residuals } from './residuals.ts'

export interface SmoothL1Options {
  /** Size of the residual at which the loss turns from quadratic to linear, greater than 0. @default 1 */
  readonly beta?: number
}

/**
 * Absolute error with a rounded tip: its slope is ±1 whatever beta is, where that of huberLoss is ±delta. Use it for
 * coordinates of boxes and other regression with outliers. As beta falls it becomes absoluteError.
 *
 *     r = predictions − targets
 *     L = ½ r² / β       if |r| ≤ β
 *         |r| − ½ β      otherwise
 *
 * Shapes: predictions [...S], targets [...S] → [...S].
 * Gradient: clip(r / β, −1, 1) with respect to predictions.
 * Source: Girshick, Fast R-CNN, arXiv 1504.08083 (2015), with β = 1.
 *
 * @example smoothL1Loss(tensor([0.5, 3]), tensor([0, 0])).dataSync() // 0.125, 2.5
 */
export function smoothL1Loss(predictions: Tensor, targets: Tensor, { beta = 1 }: SmoothL1Options = {}): Tensor {
  const r = residuals('smoothL1Loss', predictions, targets)
  checkPositive('smoothL1Loss', 'beta', beta)
  return huber(r, beta).div(beta)
}
