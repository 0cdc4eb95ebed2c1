import { checkOption, type Tensor } from '@wengert/core'
import { huber, residuals } from './residuals.ts'

export interface HuberOptions {
  /** Size of the residual at which the loss turns from quadratic to linear, > 0. @default 1 */
  readonly delta?: number
}

/**
 * Huber loss: quadratic near zero, linear in the tails. Use it for regression with outliers.
 *
 *     r = predictions − targets
 *     L = ½ r²            if |r| ≤ δ
 *         δ (|r| − ½ δ)   otherwise
 *
 * Shapes: predictions [...S], targets [...S] → [...S].
 * Gradient: clip(r, −δ, δ) with respect to predictions.
 * Source: Huber, Robust Estimation of a Location Parameter (1964).
 *
 * @example huberLoss(tensor([0.5, 3]), tensor([0, 0])).dataSync() // 0.125, 2.5
 */
export function huberLoss(predictions: Tensor, targets: Tensor, { delta = 1 }: HuberOptions = {}): Tensor {
  const r = residuals('huberLoss', predictions, targets)
  checkOption('huberLoss', 'delta', delta, delta > 0, 'greater than 0')
  return huber(r, delta)
}
