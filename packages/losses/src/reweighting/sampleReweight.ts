import {
  checkOption,
  dims,
  full,
  max,
  maximum,
  min,
  minimum,
  ShapeError,
  showShape,
  sizeOf,
  softmax,
  stopGradient,
  sum,
  type Tensor,
  where,
} from '@wengert/core'
import { checkChoice, checkFloats, checkPositive, checkTensors } from '../check.ts'

export interface SampleReweightOptions {
  /**
   * Which samples weigh most: 'linUpper' those from the middle of the range of losses upwards, all alike; 'upper' the greatest;
   * 'quadratic' those in the middle; 'extremes' least and greatest; 'uniform' none. @default 'linUpper'
   */
  readonly strategy?: 'linUpper' | 'quadratic' | 'extremes' | 'upper' | 'uniform'
  /** Temperature of the weights, greater than 0, ∞ for equal weights; or a scalar, as from sampleReweightSchedule. @default 1 */
  readonly r?: number | Tensor
  /** Losses are scaled to [−delta, delta], greater than 0. @default 1 */
  readonly delta?: number
  /** How many tokens each loss is the mean of, of the shape of losses. @default all the same */
  readonly lengths?: Tensor
}

export interface ReweightedSamples {
  /** Σ w l, a scalar: what to train. */
  readonly loss: Tensor
  /** Weights of the samples [...S], which add up to 1. */
  readonly weights: Tensor
  /** Losses scaled to [−delta, delta], [...S]. */
  readonly normalized: Tensor
}

type Preference = (h: Tensor, delta: number) => Tensor

const strategies: Readonly<Record<NonNullable<SampleReweightOptions['strategy']>, Preference>> = {
  linUpper: (h, delta) => minimum(h.add(delta), delta),
  quadratic: (h, delta) =>
    h
      .square()
      .div(-(delta ** 2))
      .add(1),
  extremes: (h) => h.abs(),
  upper: (h, delta) => h.add(delta).mul(0.5),
  uniform: (h) => h.mul(0),
}

/**
 * Weights the samples of a batch by their losses, and sums them. Use it where many samples are redundant, as in the pretraining of
 * language models: in place of mean(loss). Not where many labels are wrong, unless by 'extremes': their losses are in the middle and above.
 *
 *     h = (2 delta l − delta (max l + min l)) / max(max l − min l, 10⁻⁶)
 *     f = min(h + delta, delta) for 'linUpper', 1 − h²/delta² for 'quadratic', |h| for 'extremes', (h + delta)/2 for 'upper'
 *     w = softmax(f / r) over the batch
 *     L = Σ w l,  or N Σ w (length / Σ length) l
 *
 * The weights maximise Σ w f − r KL(w ‖ uniform). Across devices, take the losses of all.
 *
 * Shapes: losses [...S] of at least one sample, lengths [...S] → scalar loss, weights and normalized [...S].
 * Gradient: w to each loss, times N length / Σ length; none through the weights.
 * Source: Sow et al., Dynamic Loss-Based Sample Reweighting for Improved Large Language Model Pretraining, arXiv 2502.06733 (2025),
 * form of the authors' code; the r of the paper's runs is UNVERIFIED.
 *
 * @example sampleReweight(tensor([1, 2, 5]), { r: 0.5 }).weights.dataSync() // 0.090031, 0.244728, 0.665241
 */
export function sampleReweight(losses: Tensor, options: SampleReweightOptions = {}): ReweightedSamples {
  const fn = 'sampleReweight'
  const { strategy = 'linUpper', r = 1, delta = 1, lengths } = options
  checkTensors(fn, { losses })
  checkFloats(fn, { losses })
  const N = sizeOf(losses.shape)
  if (N === 0) throw new ShapeError(`${fn}: losses must have at least one sample, got ${showShape(losses.shape)}.`)
  checkChoice(fn, 'strategy', strategy, strategies)
  checkPositive(fn, 'delta', delta)
  if (typeof r === 'number') checkOption(fn, 'r', r, r > 0, 'greater than 0')
  else dims(fn, { r }, '')
  const l = stopGradient(losses)
  const [least, greatest] = [min(l), max(l)]
  const middle = least.add(greatest).mul(0.5)
  const normalized = l
    .sub(middle)
    .mul(2 * delta)
    .div(maximum(greatest.sub(least), 1e-6))
  const preference = strategies[strategy](normalized, delta)
  const weights = stopGradient(softmax(preference.div(r).reshape([N])).reshape(losses.shape))
  if (!lengths) return { loss: sum(weights.mul(losses)), weights, normalized }
  dims(fn, { losses, lengths }, '...S, ...S')
  const shares = stopGradient(lengths.cast(losses.dtype))
  return { loss: sum(weights.mul(shares).mul(losses)).mul(N).div(sum(shares)), weights, normalized }
}

export interface SampleReweightScheduleOptions {
  /** Steps at the start in which all samples weigh the same. @default 1000 */
  readonly burnoutSteps?: number
  /** Temperature from then on, greater than 0. @default 1 */
  readonly r?: number
}

/**
 * Temperature of sampleReweight by step: equal weights at first, while losses say little, and r from then on. Use it within a step
 * that counts itself, so that no step is planned anew.
 *
 *     ∞ for step < burnoutSteps, then r
 *
 * Shapes: step, a scalar that is 0 at first → a scalar of its dtype.
 * Gradient: none.
 * Source: Sow et al., arXiv 2502.06733 (2025), form and defaults of the authors' code.
 *
 * @example sampleReweightSchedule({ burnoutSteps: 10, r: 0.5 })(tensor(10)).item() // 0.5
 */
export function sampleReweightSchedule({
  burnoutSteps = 1000,
  r = 1,
}: SampleReweightScheduleOptions = {}): (step: Tensor) => Tensor {
  const fn = 'sampleReweightSchedule'
  checkOption(fn, 'burnoutSteps', burnoutSteps, burnoutSteps >= 0, 'at least 0')
  checkPositive(fn, 'r', r)
  return (step) => {
    checkTensors(fn, { step })
    checkFloats(fn, { step })
    const late = full(step.shape, r, { dtype: step.dtype })
    return where(step.less(burnoutSteps), Number.POSITIVE_INFINITY, late)
  }
}
