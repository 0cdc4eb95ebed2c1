import { checkOption, clip, norm, reciprocal, type Tensor } from '@wengert/core'
import { labelCosines, type MarginHeadOptions, marginCrossEntropy } from './labelCosines.ts'
import { type Monotone, widenAngle } from './widenAngle.ts'

export interface MagFaceOptions extends MarginHeadOptions {
  /** Margin of the shortest embeddings, in radians, at least 0. @default 0.45 */
  readonly lowerMargin?: number
  /** Margin of the longest, from lowerMargin to π. @default 0.8 */
  readonly upperMargin?: number
  /** Length up to which embeddings have the least margin, greater than 0. @default 10 */
  readonly lowerNorm?: number
  /** Length from which on they have the greatest, greater than lowerNorm. @default 110 */
  readonly upperNorm?: number
  /** Weight of the term that asks for long embeddings, at least 0. @default 35 */
  readonly lambda?: number
  /** What is done with angles that a margin would lead beyond π, see arcFaceLoss. @default 'easy' */
  readonly monotone?: Monotone
}

/**
 * arcFaceLoss whose margin grows with the length of the embedding. Use it for embeddings whose length should tell how well an example
 * can be recognised: those that lie close to their class become long, others stay short.
 *
 *     a = ‖x‖, from lowerNorm to upperNorm
 *     m = lowerMargin + (upperMargin − lowerMargin) (a − lowerNorm) / (upperNorm − lowerNorm)
 *     L = −log softmax(scale cos(θ + m [j = y]))_y + lambda (a / upperNorm² + 1 / a)
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: embeddings [...B, D], labels i32 [...B], prototypes [K, D] → [...B].
 * Gradient: that of arcFaceLoss, and along the embedding, through m and the last term, for lengths from lowerNorm to upperNorm, with
 * kinks at both.
 * Source: Meng, Zhao, Huang, Zhou, MagFace, arXiv 2103.06627 (2021).
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * magFaceLoss(tensor([30, 40]), tensor(1, { dtype: 'i32' }), prototypes, { scale: 10 }).item() // 3.6009
 */
export function magFaceLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  options: MagFaceOptions = {},
): Tensor {
  const fn = 'magFaceLoss'
  const ready = labelCosines(fn, embeddings, labels, prototypes, options)
  const { angle, cost } = magnitudes(fn, ready.embeddings, options)
  const target = widenAngle(fn, ready.own, angle, options.monotone ?? 'easy')
  return ready.mark(marginCrossEntropy(ready, target).add(cost))
}

/** What the lengths of embeddings [...B, D] make of the margin, [...B, 1], and add to the loss, [...B]. */
export function magnitudes(
  fn: string,
  embeddings: Tensor,
  { lowerMargin = 0.45, upperMargin = 0.8, lowerNorm = 10, upperNorm = 110, lambda = 35 }: MagFaceOptions,
): { readonly angle: Tensor; readonly cost: Tensor } {
  checkOption(fn, 'lowerMargin', lowerMargin, lowerMargin >= 0, 'at least 0')
  checkOption(
    fn,
    'upperMargin',
    upperMargin,
    upperMargin >= lowerMargin && upperMargin <= Math.PI,
    'from lowerMargin to π',
  )
  checkOption(fn, 'lowerNorm', lowerNorm, lowerNorm > 0, 'greater than 0')
  checkOption(fn, 'upperNorm', upperNorm, upperNorm > lowerNorm && upperNorm < Infinity, 'greater than lowerNorm')
  checkOption(fn, 'lambda', lambda, lambda >= 0 && Number.isFinite(lambda), 'a finite number of at least 0')
  const a = clip(norm(embeddings, { axis: -1, keepDims: true }), { min: lowerNorm, max: upperNorm })
  const slope = (upperMargin - lowerMargin) / (upperNorm - lowerNorm)
  const cost = a
    .div(upperNorm ** 2)
    .add(reciprocal(a))
    .mul(lambda)
  return { angle: a.sub(lowerNorm).mul(slope).add(lowerMargin), cost: cost.squeeze(-1) }
}
