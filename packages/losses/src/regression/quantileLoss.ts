import { checkOption, relu, type Tensor } from '@wengert/core'
import { residuals } from './residuals.ts'

export interface QuantileOptions {
  /** Share of targets that should lie below the prediction, between 0 and 1. @default 0.5 */
  readonly quantile?: number
}

/**
 * Quantile loss, or pinball loss: too low costs `quantile` for each unit, too high costs 1 − `quantile`. Use it to predict
 * a quantile of the target, and two of them, such as 0.05 and 0.95, for an interval. Quantiles that are trained apart may
 * cross.
 *
 *     u = targets − predictions
 *     L = q max(0, u) + (1 − q) max(0, −u)
 *
 * With q = ½ it is half of absoluteError.
 *
 * Shapes: predictions [...S], targets [...S] → [...S].
 * Gradient: −q below the target and 1 − q above with respect to predictions, 0 at the kink.
 * Source: Koenker, Bassett, Regression Quantiles (1978).
 *
 * @example quantileLoss(tensor([1, 5]), tensor([3, 3]), { quantile: 0.75 }).dataSync() // 1.5, 0.5
 */
export function quantileLoss(predictions: Tensor, targets: Tensor, { quantile = 0.5 }: QuantileOptions = {}): Tensor {
  const r = residuals('quantileLoss', predictions, targets)
  checkOption('quantileLoss', 'quantile', quantile, quantile > 0 && quantile < 1, 'between 0 and 1')
  return relu(r)
    .mul(1 - quantile)
    .add(relu(r.neg()).mul(quantile))
}
