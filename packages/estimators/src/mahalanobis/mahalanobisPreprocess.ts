import { checkOption, grad, sum, type Tensor, where } from '@wengert/core'
import type { MahalanobisModel } from './mahalanobisFit.ts'
import { mahalanobisScore } from './mahalanobisScore.ts'

export interface MahalanobisPreprocessOptions {
  /** Size of the step, at least 0. The authors try 0, 0.0005, 0.001, 0.0014, 0.002, 0.005 and 0.01. */
  readonly magnitude: number
  /** What the inputs were divided by to normalize them, of a shape that broadcasts to theirs. @default 1 */
  readonly channelStd?: Tensor
}

/**
 * Moves inputs by a step of fixed size to where they are more like those of training. Use it before mahalanobisScore: inputs like
 * those of training gain more by it than others.
 *
 *     x' = x − magnitude sgn(∇ₓ −score(featuresOf(x))) / channelStd,   sgn(0) = 1
 *
 * Shapes: x [B, ...S], featuresOf(x) [B, D] → [B, ...S].
 * Gradient: that of x; the step is constant almost everywhere.
 * Source: Lee, Lee, Lee, Shin, arXiv 1807.03888 (2018), eq. 3; channelStd as in the authors' code.
 *
 * @example
 * const model = { means: tensor([[0, 0]]), precision: eye(2) }
 * mahalanobisPreprocess(tensor([[1, -2]]), (x) => x, model, { magnitude: 0.5 }).dataSync() // 0.5, -1.5
 */
export function mahalanobisPreprocess(
  x: Tensor,
  featuresOf: (x: Tensor) => Tensor,
  model: MahalanobisModel,
  { magnitude, channelStd }: MahalanobisPreprocessOptions,
): Tensor {
  const fn = 'mahalanobisPreprocess'
  checkOption(fn, 'magnitude', magnitude, magnitude >= 0 && Number.isFinite(magnitude), 'a finite number of at least 0')
  const slope = grad((at: Tensor) => sum(mahalanobisScore(featuresOf(at), model)))(x)
  const step = where(slope.lessEqual(0), -1, 1).cast(x.dtype).mul(magnitude)
  return x.add(channelStd ? step.div(channelStd) : step)
}
