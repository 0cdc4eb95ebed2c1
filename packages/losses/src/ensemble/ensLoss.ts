import {
  argSort,
  checkOption,
  dims,
  type Key,
  log1p,
  maximum,
  minimum,
  normal,
  sort,
  stopGradient,
  type Tensor,
  take,
  ValueError,
  where,
} from '@wengert/core'
import { margins } from '../hinge/margins.ts'

export interface EnsLossOptions {
  /** Draws the loss of this step, one key for each; or give noise. */
  readonly key?: Key
  /** Standard normal draws [B] in place of those by key. */
  readonly noise?: Tensor
  /** Box–Cox parameter that shapes the slopes: at 0 they are log-normal. See ensLossLambda. @default 0 */
  readonly lambda?: number
  /** Least size of a slope, ≥ 0, so that no example is without effect. @default 1e-6, as in the authors' code */
  readonly floor?: number
}

/**
 * The slopes of a convex, calibrated loss of binary labels that is drawn anew in each step. Use it to train a
 * classifier where no one loss is to be trusted: over the steps it is an ensemble of losses, as dropout is one of
 * networks.
 *
 *     s = z if the label is 1, −z if it is 0
 *     m = min(1, BC⁻¹(noise)),   BC⁻¹(v) = max(0, 1 + λ v)^(1/λ), e^v for λ = 0
 *     g = −(the r-th greatest m for the r-th least s), divided by s where s > 1, less floor
 *     L = g s, with g a constant
 *
 * Sorting makes the slopes g grow with s, which is convexity; g < 0 makes the loss calibrated; 1/s beyond the margin
 * keeps its tail from growing faster than a logarithm. L carries the gradient and no more: its value may be negative
 * and does not fall as training goes on, so watch another loss. Minimize its mean over the batch, whose examples are
 * coupled by their order. Labels other than 0 and 1, of any dtype, throw where their numbers are data on the host;
 * labels that are computed give NaN there.
 *
 * Shapes: logits [B], labels [B], noise [B] → [B].
 * Gradient: g with respect to s, from −1 − floor to −floor; the draws, the order and 1/s count as constants.
 * Source: Dai, EnsLoss: Stochastic Calibrated Loss Ensembles for Preventing Overfitting in Classification, arXiv
 * 2409.00908 (2025), form of the authors' code, which runs λ = 0 throughout; how the paper's algorithm draws λ is
 * UNVERIFIED.
 *
 * @example const noise = tensor([0, -1, 1])
 * ensLoss(tensor([0.5, -2, 3]), tensor([1, 0, 1]), { noise }).dataSync() // -0.5, -1, -0.36788
 * @example mean(ensLoss(tensor([0.5, -2]), tensor([1, 0]), { key: key(7) }))
 */
export function ensLoss(
  logits: Tensor,
  labels: Tensor,
  { key, noise: given, lambda = 0, floor = 1e-6 }: EnsLossOptions = {},
): Tensor {
  const fn = 'ensLoss'
  const { B } = given ? dims(fn, { logits, labels, noise: given }, 'B, B, B') : dims(fn, { logits, labels }, 'B, B')
  checkOption(fn, 'lambda', lambda, Number.isFinite(lambda), 'a finite number')
  checkOption(fn, 'floor', floor, floor >= 0 && Number.isFinite(floor), 'a finite number of at least 0')
  const { s, mark } = margins(fn, logits, labels)
  const noise = given ?? (key && normal(key, [B as number], { dtype: logits.dtype as 'f32' | 'f64' }))
  if (!noise) throw new ValueError(`${fn}: key must be given, or noise, got neither. Pass fold(key, step).`)
  const sizes = minimum(inverseBoxCox(noise.cast(logits.dtype), lambda), 1)
  // Where each margin stands in their order: the order of the order.
  const fixed = stopGradient(s)
  const rank = argSort(argSort(fixed))
  const paired = take(sort(sizes, { descending: true }), rank)
  const tailed = where(fixed.greater(1), paired.div(maximum(fixed, 1)), paired)
  return mark(s.mul(stopGradient(tailed.add(floor)).neg()))
}

/** max(0, 1 + λ v)^(1/λ), by logarithms so that it tends to e^v for small λ. */
function inverseBoxCox(v: Tensor, lambda: number): Tensor {
  return (lambda === 0 ? v : log1p(maximum(v.mul(lambda), -1)).div(lambda)).exp()
}
