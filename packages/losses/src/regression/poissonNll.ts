import { checkValues, dims, lgamma, type Tensor, where, xLogY } from '@wengert/core'
import { checkFloats } from '../check.ts'

export interface PoissonNllOptions {
  /** Predictions are logarithms of rates, which may be any number; false for the rates themselves. @default true */
  readonly logRates?: boolean
  /** Add log targets!, which makes it the negative log-probability. @default false */
  readonly full?: boolean
}

/**
 * Negative log-likelihood of counts under Poisson distributions with predicted rates. Use it to predict how often
 * something happens. Not for counts that vary more than their mean.
 *
 *     L = e^z − t z           with z = log rates
 *     L = λ − t log λ         with rates λ, and 0 log 0 = 0
 *
 * A rate of 0 costs infinity where the target is above 0. Counts below 0 throw where their numbers are data on the host;
 * those that are computed give NaN; counts need not be whole. Rates below 0 throw likewise.
 *
 * Shapes: predictions [...S], targets [...S] → [...S].
 * Gradient: e^z − t with respect to log rates, which grows without bound; 1 − t / λ with respect to rates.
 * Source: Nelder, Wedderburn, Generalized Linear Models (1972).
 *
 * @example poissonNll(tensor([0, 1]), tensor([2, 2])).dataSync() // 1, 0.718282
 * @example poissonNll(tensor([0, 2]), tensor([0, 2]), { logRates: false, full: true }).dataSync() // 0, 1.306853
 */
export function poissonNll(
  predictions: Tensor,
  targets: Tensor,
  { logRates = true, full = false }: PoissonNllOptions = {},
): Tensor {
  const fn = 'poissonNll'
  dims(fn, { predictions, targets }, '...S, ...S')
  checkFloats(fn, { predictions })
  checkValues(fn, 'targets', targets, (t) => t >= 0, 'counts of at least 0')
  if (!logRates)
    checkValues(fn, 'predictions', predictions, (p) => p >= 0, 'rates of at least 0', 'Logarithms need no option.')
  const t = targets.cast(predictions.dtype)
  const loss = logRates ? predictions.exp().sub(t.mul(predictions)) : predictions.sub(xLogY(t, predictions))
  return where(t.greaterEqual(0), full ? loss.add(lgamma(t.add(1))) : loss, Number.NaN)
}
