import { checkOption, dims, expm1, softplus, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { binaryLabels } from '../labels.ts'

export interface RootedLogisticOptions {
  /** Which root takes the place of the logarithm, ≥ 1. @default 2, as in the authors' StyleGAN code */
  readonly k?: number
  /** Subtract k, so that the loss starts at 0 and tends to the logistic loss as k grows. @default false */
  readonly centered?: boolean
}

/**
 * Logistic loss with the logarithm log u replaced by its approximation k u^(1/k). Use it where binary labels are clean
 * and wrong examples should weigh more than with binaryCrossEntropy; it is strictly convex in the logit.
 *
 *     t = z if the label is 1, −z if it is 0
 *     L = k (1 + e^(−t))^(1/k) = k e^(softplus(−t) / k)
 *
 * It grows like e^(−t/k): logits wrong by thousands overflow. Labels other than 0 and 1, of any dtype, throw where their
 * numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S].
 * Gradient: −σ(−t) e^(softplus(−t) / k) with respect to t.
 * Source: Wang, Veluswami, Mishra, Ravi, arXiv 2310.03890 (2023), form of the authors' code; the paper's equation
 * numbers are UNVERIFIED.
 *
 * @example rootedLogistic(tensor([0, 2]), tensor([1, 0])).dataSync() // 2.828427, 5.792774
 */
export function rootedLogistic(
  logits: Tensor,
  labels: Tensor,
  { k = 2, centered = false }: RootedLogisticOptions = {},
): Tensor {
  const fn = 'rootedLogistic'
  dims(fn, { logits, labels }, '...S, ...S')
  checkFloats(fn, { logits })
  checkOption(fn, 'k', k, k >= 1 && Number.isFinite(k), 'a finite number of at least 1')
  const { hit, mark } = binaryLabels(fn, labels)
  const exponent = softplus(where(hit, logits.neg(), logits)).div(k)
  return mark((centered ? expm1(exponent) : exponent.exp()).mul(k))
}
