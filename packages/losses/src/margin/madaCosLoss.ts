import {
  argSort,
  checkCount,
  checkOption,
  dims,
  logSumExp,
  maximum,
  reciprocal,
  sort,
  stopGradient,
  type Tensor,
  take,
  tensor,
  zerosLike,
} from '@wengert/core'
import { checkChoice, checkPositive } from '../check.ts'
import { type LabelCosines, labelCosines, marginCrossEntropy, otherClasses } from './labelCosines.ts'

export interface MadaCosOptions {
  /** Probability that the median example is to have of its class, between 0 and 1. @default 0.1; the authors train with 0.02 */
  readonly alpha?: number
  /** Sum over the other classes that the margin is made for: the median example's, or the median or mean of all. @default 'atMedian' */
  readonly negatives?: MadaCosNegatives
  /** Add the margin; without it the value is that of the softmax alone, to evaluate with. @default true */
  readonly training?: boolean
  /** Least scale, greater than 0. @default 32 */
  readonly minScale?: number
  /** Odds of its class that the median example would have at cosine 1, greater than 0. @default 9999999 */
  readonly rho?: number
}

export type MadaCosNegatives = 'atMedian' | 'median' | 'mean'

/** Scale and margin that madaCosLoss finds for a batch, and what it finds them from: scalars, without gradient. */
export interface MadaCosScaling {
  readonly scale: Tensor
  readonly margin: Tensor
  /** Of the label's prototype; the lower one of two. */
  readonly medianCosine: Tensor
  /** log of the sum over the other classes, by `negatives`. */
  readonly logNegatives: Tensor
}

/**
 * cosFaceLoss with a scale and a margin that are found for each batch from the median cosine to the label's prototype. Use it for
 * retrieval with many classes, where tuning both for cosFaceLoss or arcFaceLoss is dear.
 *
 *     c̃ = median of c_y over the batch
 *     scale = log(rho (1 − alpha) / alpha) / (1 − c̃), at least minScale
 *     N = Σ_{j≠y} e^(scale cⱼ) of the example with c̃, or its median or mean over the batch
 *     margin = c̃ − log(N alpha / (1 − alpha)) / scale, at least 0
 *     L = −log softmax(scale (c − margin [j = y]))_y
 *
 * So the softmax gives the median example the probability alpha of its class, and would give it rho / (1 + rho) at cosine 1, as long as
 * neither bound holds. Sums are kept as logarithms, since the scale may reach hundreds, and 1 − c̃ counts as at least 1e-12. Of one
 * class the loss is 0. Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN.
 *
 * Shapes: embeddings [B, D], labels i32 [B], prototypes [K, D] → [B], coupled by the median.
 * Gradient: scale (p − [j = y]) with respect to the cosines, p the softmax, with scale and margin held fixed, so
 * that it is not the derivative of the value.
 * Source: Zhu et al., CFCD, arXiv 2308.04008 (2023), form of the authors' code; UNVERIFIED against the paper's equations.
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * madaCosLoss(tensor([[3, 4]]), tensor([1], { dtype: 'i32' }), prototypes).item() // 2.3026
 */
export function madaCosLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  options: MadaCosOptions = {},
): Tensor {
  const { ready, scale, margin } = scaled('madaCosLoss', embeddings, labels, prototypes, options)
  return ready.mark(marginCrossEntropy({ ...ready, scale }, ready.own.sub(margin)))
}

/**
 * The scale and the margin that madaCosLoss takes for a batch. Use it to follow them over a training, or to evaluate with the same
 * scale by cosineLogits.
 *
 * Shapes: embeddings [B, D], labels i32 [B], prototypes [K, D] → four scalars.
 * Gradient: none.
 * Source: see madaCosLoss.
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * madaCosScaling(tensor([[3, 4]]), tensor([1], { dtype: 'i32' }), prototypes).scale.item() // 91.58
 */
export function madaCosScaling(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  options: MadaCosOptions = {},
): MadaCosScaling {
  const { ready: _, ...scaling } = scaled('madaCosScaling', embeddings, labels, prototypes, options)
  return scaling
}

const averages: Readonly<Record<MadaCosNegatives, (logSums: Tensor, median: Tensor, middle: Tensor) => Tensor>> = {
  atMedian: (logSums, median) => take(logSums, median),
  median: (logSums, _, middle) => take(sort(logSums), middle),
  mean: (logSums) => logSumExp(logSums).sub(Math.log(logSums.shape[0] as number)),
}

function scaled(
  fn: string,
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  { alpha = 0.1, negatives = 'atMedian', training = true, minScale = 32, rho = 9_999_999 }: MadaCosOptions,
): MadaCosScaling & { readonly ready: LabelCosines } {
  const { B } = dims(fn, { embeddings, labels }, 'B D, B')
  checkCount(fn, 'batch size', B as number, 1)
  checkOption(fn, 'alpha', alpha, alpha > 0 && alpha < 1, 'between 0 and 1')
  checkChoice(fn, 'negatives', negatives, averages)
  checkPositive(fn, 'minScale', minScale)
  checkPositive(fn, 'rho', rho)
  const ready = labelCosines(fn, embeddings, labels, prototypes, {})
  const cosines = stopGradient(ready.cosines)
  const own = stopGradient(ready.own).squeeze(-1)
  const middle = tensor(((B as number) - 1) >> 1, { dtype: 'i32' })
  const median = take(argSort(own), middle)
  const medianCosine = take(own, median)
  const odds = (1 - alpha) / alpha
  const gap = maximum(medianCosine.neg().add(1), 1e-12)
  const scale = maximum(reciprocal(gap).mul(Math.log(rho * odds)), minScale)
  const logNegatives = averages[negatives](otherClasses({ ...ready, cosines, scale }), median, middle)
  const margin = maximum(medianCosine.sub(logNegatives.sub(Math.log(odds)).div(scale)), 0)
  const none = !training || cosines.shape[1] === 1
  return { ready, scale, margin: none ? zerosLike(margin) : margin, medianCosine, logNegatives }
}
