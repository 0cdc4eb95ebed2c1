import {
  categorical,
  checkCount,
  checkOption,
  type DType,
  diagonal,
  dims,
  type Key,
  matmul,
  maximum,
  normal,
  oneHot,
  split,
  stopGradient,
  sum,
  type Tensor,
  take,
  where,
  zeros,
} from '@wengert/core'
import { checkFloats } from '../check.ts'
import type { ForegroundHistory } from './foregroundBalanceLoss.ts'

export interface FeatureHallucinatorOptions {
  /** Number of foreground classes, C. */
  readonly classes: number
  /** Number of features, D. */
  readonly features: number
  /** Share of a batch in the running statistics, from 0 to 1. @default 0.1 */
  readonly decay?: number
  /** How many classes to draw, with replacement. @default 8 */
  readonly sampledClasses?: number
  /** How many features to draw of each. @default 12 */
  readonly samplesPerClass?: number
}

/** Running statistics of the features of each class. */
export interface FeatureStatistics {
  /** [C, D]. */
  readonly mean: Tensor
  /** [C, D]. */
  readonly variance: Tensor
  /** 1 for classes that have been met, [C]. */
  readonly met: Tensor
}

export interface FeatureHallucinator {
  readonly init: (options?: { readonly dtype?: DType }) => FeatureStatistics
  /** With features [B, D] and labels i32 [B]; examples with labels from C on, the background, are left out. */
  readonly update: (statistics: FeatureStatistics, features: Tensor, labels: Tensor) => FeatureStatistics
  /** Features [N, D] and labels i32 [N], N = sampledClasses · samplesPerClass, to append to a batch before the classifier. */
  readonly draw: (
    from: Key,
    statistics: FeatureStatistics,
    history: ForegroundHistory,
  ) => { readonly features: Tensor; readonly labels: Tensor }
}

/**
 * Makes up features of the classes that the classifier gets wrong, from a Gaussian for each class. Use it beside foregroundBalanceLoss
 * where rare classes have too few examples.
 *
 *     mean, variance = those of the first batch with the class, then (1 − decay) · old + decay · those of the batch
 *     class drawn with a probability in proportion to 1 − c_kk,   c = confusionSum / max(classCount, 1), among those met
 *     feature = mean + √variance · normal
 *
 * The variance of a batch is unbiased, and 0 for a single example. The features drawn are constants. Before any class was met they are
 * those of class 0, zeros. That decay weighs the batch, not the old value, is UNVERIFIED.
 *
 * Shapes: features [B, D], labels i32 [B] → statistics [C, D], [C, D], [C]; draws [N, D] and i32 [N].
 * Gradient: none.
 * Source: Qi et al., Balanced Classification, arXiv 2308.02213 (2023), form of the authors' code.
 *
 * @example const { init, update, draw } = featureHallucinator({ classes: 2, features: 1, sampledClasses: 1, samplesPerClass: 3 })
 * const statistics = update(init(), tensor([[4], [4]]), tensor([1, 1], { dtype: 'i32' }))
 * const history = { confusionSum: zeros([2, 2]), classCount: zeros([2]) }
 * draw(key(0), statistics, history).features.dataSync() // 4, 4, 4
 */
export function featureHallucinator({
  classes: C,
  features: D,
  decay = 0.1,
  sampledClasses = 8,
  samplesPerClass = 12,
}: FeatureHallucinatorOptions): FeatureHallucinator {
  const fn = 'featureHallucinator'
  checkCount(fn, 'classes', C, 1)
  checkCount(fn, 'features', D, 1)
  checkOption(fn, 'decay', decay, decay >= 0 && decay <= 1, 'from 0 to 1')
  checkCount(fn, 'sampledClasses', sampledClasses, 1)
  checkCount(fn, 'samplesPerClass', samplesPerClass, 1)

  const init: FeatureHallucinator['init'] = (options = {}) => ({
    mean: zeros([C, D], options),
    variance: zeros([C, D], options),
    met: zeros([C], options),
  })

  const update: FeatureHallucinator['update'] = ({ mean, variance, met }, features, labels) => {
    dims(`${fn}.update`, { features, labels, mean, variance, met }, `B ${D}, B, ${C} ${D}, ${C} ${D}, ${C}`)
    checkFloats(`${fn}.update`, { features })
    const x = stopGradient(features).cast(mean.dtype)
    const rows = oneHot(labels, C, { dtype: mean.dtype })
    const count = sum(rows, { axis: 0 }).expandDims(-1)
    const batchMean = matmul(rows.transpose(), x).div(maximum(count, 1))
    const squares = matmul(rows.transpose(), x.sub(matmul(rows, batchMean)).square())
    const batchVariance = squares.div(maximum(count.sub(1), 1))
    const first = met.equal(0).expandDims(-1)
    const mixed = (old: Tensor, now: Tensor): Tensor =>
      where(count.equal(0), old, where(first, now, old.mul(1 - decay).add(now.mul(decay))))
    return {
      mean: mixed(mean, batchMean),
      variance: mixed(variance, batchVariance),
      met: where(count.squeeze(-1).greater(0), 1, met),
    }
  }

  const draw: FeatureHallucinator['draw'] = (from, { mean, variance, met }, { confusionSum, classCount }) => {
    const spec = `${C} ${D}, ${C} ${D}, ${C}, ${C} ${C}, ${C}`
    dims(`${fn}.draw`, { mean, variance, met, confusionSum, classCount }, spec)
    const wrong = diagonal(confusionSum).div(maximum(classCount, 1)).neg().add(1)
    // Rounding may leave a class that is always right with less than 0; all of them are met alike where none is wrong.
    const weights = maximum(wrong, 1e-12).mul(met.cast(wrong.dtype))
    const [forClasses, forFeatures] = split(from) as [Key, Key]
    const drawn = categorical(forClasses, weights.log(), [sampledClasses])
    const labels = drawn.expandDims(-1).broadcastTo([sampledClasses, samplesPerClass]).reshape([-1])
    const noise = normal(forFeatures, [sampledClasses * samplesPerClass, D], { dtype: mean.dtype })
    return { features: take(mean, labels).add(take(variance, labels).sqrt().mul(noise)), labels }
  }

  return { init, update, draw }
}
