import type { Tensor } from '@wengert/core'
import { residuals } from './residuals.ts'

/**
 * Squared error, without a factor ½. Use it for regression where errors are roughly normal; its mean is the MSE.
 *
 *     L = (predictions − targets)²
 *
 * Shapes: predictions [...S], targets [...S] → [...S].
 * Gradient: 2 (predictions − targets) with respect to predictions.
 * Source: Legendre, Nouvelles méthodes pour la détermination des orbites des comètes (1805).
 *
 * @example mean(squaredError(tensor([1, 2]), tensor([1, 5]))).item() // 4.5
 */
export function squaredError(predictions: Tensor, targets: Tensor): Tensor {
  return residuals('squaredError', predictions, targets).square()
}
