import { checkOption, type Tensor } from '@wengert/core'
import { labelCosines, type MarginHeadOptions, marginCrossEntropy } from './labelCosines.ts'
import { type Monotone, widenAngle } from './widenAngle.ts'

export interface ArcFaceOptions extends MarginHeadOptions {
  /** By how much the angle to the label's prototype is widened, in radians, from 0 to π. @default 0.5 */
  readonly margin?: number
  /**
   * What is done where the widened angle exceeds π and its cosine would rise again: 'linear' takes cos θ − margin sin(margin) there,
   * 'easy' leaves angles from π/2 on as they are, 'none' does nothing.
   * @default 'linear', as in the original code
   */
  readonly monotone?: Monotone
}

/**
 * Cross-entropy of scaled cosines with a margin on the angle to the label's prototype. Use it to learn embeddings that are compared
 * by their angle, as of faces; cosFaceLoss is the smoother alternative.
 *
 *     θⱼ = angle between the embedding and prototype j
 *     L = −log softmax(scale cos(θ + margin [j = y]))_y
 *
 * The cosine of the sum is formed without the angle, so that value and gradient are finite at θ = 0 and π. Class labels outside
 * [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: embeddings [...B, D], labels i32 [...B], prototypes [K, D] → [...B].
 * Gradient: scale (p − [j = y]) with respect to the cosines after the margin, times sin(θ + margin) / sin θ for the label, where
 * sin θ counts as at least 1e-7 in f64 and 1e-4 in f32; across embeddings and prototypes, none along them. 'linear' jumps at
 * θ = π − margin and 'easy' at π/2, where the gradient is that of the branch taken.
 * Source: Deng et al., ArcFace, arXiv 1801.07698 (2019).
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * arcFaceLoss(tensor([3, 4]), tensor(1, { dtype: 'i32' }), prototypes, { scale: 10 }).item() // 2.001
 */
export function arcFaceLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  { margin = 0.5, monotone = 'linear', ...options }: ArcFaceOptions = {},
): Tensor {
  const fn = 'arcFaceLoss'
  const ready = labelCosines(fn, embeddings, labels, prototypes, options)
  checkOption(fn, 'margin', margin, margin >= 0 && margin <= Math.PI, 'from 0 to π')
  return ready.mark(marginCrossEntropy(ready, widenAngle(fn, ready.own, margin, monotone)))
}
