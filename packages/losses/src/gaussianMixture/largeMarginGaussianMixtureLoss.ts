import { checkOption, dims, logSoftmax, sum, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { classLabels } from '../labels.ts'

export interface GaussianMixtureParams {
  /** Means of the classes, [K, D]. */
  readonly means: Tensor
  /** Logarithms of their variances along each axis, [K, D]. @default 0 for all */
  readonly logVariances?: Tensor
  /** Probabilities of the classes, [K]; they are not normalised. @default 1/K for all */
  readonly priors?: Tensor
}

export interface LargeMarginGaussianMixtureOptions {
  /** By how much the distance to the own mean is stretched, at least 0: the margin. @default 0.1, as in the authors' code */
  readonly alpha?: number
  /** Weight of the likelihood, which pulls features to their mean, at least 0. @default 0.01, as in the authors' code */
  readonly lambda?: number
}

/**
 * Cross-entropy of features that are modelled by one Gaussian for each class, with a margin, and a pull to the mean. Use it as the head
 * of a classifier whose features should be compact by class, e.g. to tell afterwards what belongs to none.
 *
 *     dₖ = ½ Σ (x − meanₖ)² / varianceₖ
 *     lₖ = log priorₖ − ½ Σ log varianceₖ − (1 + alpha [k = y]) dₖ
 *     L = −log softmax(l)_y + lambda (d_y + ½ Σ log variance_y)
 *
 * To predict, take the greatest lₖ with alpha 0. Distances are formed from differences, for which there is memory of K · D numbers
 * for each example. Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN.
 *
 * Shapes: features [...B, D], labels i32 [...B], means and logVariances [K, D], priors [K] → [...B].
 * Gradient: to features and to all parameters; smooth.
 * Source: Wan et al., arXiv 2011.09066 (2020), after arXiv 1803.02988 (2018) and the authors' code for unit variances and equal
 * priors; the terms of variances and priors follow the paper's model, and are UNVERIFIED, as is a use of several components.
 *
 * @example largeMarginGaussianMixtureLoss(tensor([1, 0]), tensor(0, { dtype: 'i32' }), { means: tensor([[0, 0], [3, 0]]) }).item() // 0.215723
 */
export function largeMarginGaussianMixtureLoss(
  features: Tensor,
  labels: Tensor,
  params: GaussianMixtureParams,
  { alpha = 0.1, lambda = 0.01 }: LargeMarginGaussianMixtureOptions = {},
): Tensor {
  const fn = 'largeMarginGaussianMixtureLoss'
  const { means, logVariances, priors } = params
  const all: Record<string, Tensor> = { features, labels, means }
  let spec = '...B D, ...B, K D'
  if (logVariances) {
    all.logVariances = logVariances
    spec += ', K D'
  }
  if (priors) {
    all.priors = priors
    spec += ', K'
  }
  const { K } = dims(fn, all, spec)
  const { labels: _, ...floats } = all
  checkFloats(fn, floats)
  checkOption(fn, 'alpha', alpha, alpha >= 0 && Number.isFinite(alpha), 'a finite number of at least 0')
  checkOption(fn, 'lambda', lambda, lambda >= 0 && Number.isFinite(lambda), 'a finite number of at least 0')
  const { hit, mark } = classLabels(fn, labels, K as number)
  const squares = features.expandDims(-2).sub(means).square()
  const distances = sum(logVariances ? squares.mul(logVariances.neg().exp()) : squares, { axis: -1 }).div(2)
  const spread = logVariances ? sum(logVariances, { axis: -1 }).div(2) : 0
  const stretched = where(hit, distances.mul(1 + alpha), distances).add(spread)
  const scores = priors ? priors.log().sub(stretched) : stretched.neg()
  const costs = distances.add(spread).mul(lambda).sub(logSoftmax(scores))
  return mark(sum(where(hit, costs, 0), { axis: -1 }))
}
