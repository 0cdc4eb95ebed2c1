import { checkCount, checkOption, norm, type Tensor, where } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { labelCosines, type MarginHeadOptions, marginCrossEntropy } from './labelCosines.ts'

export interface SphereFaceOptions extends MarginHeadOptions {
  /** What cosines are multiplied by, greater than 0. @default 1 */
  readonly scale?: number
  /** What the angle to the label's prototype is multiplied by, an integer of at least 1. @default 4 */
  readonly margin?: number
  /** Multiply logits by the length of the embedding, or leave it out. @default 'keep' */
  readonly featureNorm?: 'keep' | 'unit'
  /** Weight of the cosine without margin beside that with it, at least 0: large at first, then less. @default 0 */
  readonly lambda?: number
}

const featureNorms = { keep: 0, unit: 0 } as const

/**
 * Cross-entropy of cosines in which the angle to the label's prototype is multiplied, also known as A-Softmax. Use it to reproduce
 * SphereFace; cosFaceLoss and arcFaceLoss are easier to train.
 *
 *     ψ(θ) = (−1)ᵏ cos(margin θ) − 2k,   k = ⌊margin θ / π⌋, at most margin − 1
 *     L = −log softmax(scale ‖x‖ c)_y with c_y = (ψ(θ_y) + lambda cos θ_y) / (1 + lambda), cⱼ = cos θⱼ for the others
 *
 * ψ falls from 1 to 1 − 2 margin as θ goes from 0 to π. Class labels outside [0, K) throw where their numbers are data on the host;
 * labels that are computed give NaN there.
 *
 * Shapes: embeddings [...B, D], labels i32 [...B], prototypes [K, D] → [...B].
 * Gradient: to embeddings and prototypes, through Chebyshev's polynomial for cos(margin θ), whose slope is finite at θ = 0 and π too;
 * 0 at an embedding of zeros.
 * Source: Liu et al., SphereFace, arXiv 1704.08063 (2017); lambda is UNVERIFIED.
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * sphereFaceLoss(tensor([3, 4]), tensor(1, { dtype: 'i32' }), prototypes, { margin: 2 }).item() // 1.7839
 */
export function sphereFaceLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  { scale = 1, margin = 4, featureNorm = 'keep', lambda = 0, ...options }: SphereFaceOptions = {},
): Tensor {
  const fn = 'sphereFaceLoss'
  const ready = labelCosines(fn, embeddings, labels, prototypes, { ...options, scale })
  checkCount(fn, 'margin', margin, 1)
  checkChoice(fn, 'featureNorm', featureNorm, featureNorms)
  checkOption(fn, 'lambda', lambda, lambda >= 0 && Number.isFinite(lambda), 'a finite number of at least 0')
  const { own, cosines, embeddings: x } = ready
  const target = psi(own, margin)
    .add(own.mul(lambda))
    .div(1 + lambda)
  if (featureNorm === 'unit') return ready.mark(marginCrossEntropy(ready, target))
  const length = norm(x, { axis: -1, keepDims: true })
  return ready.mark(marginCrossEntropy({ ...ready, cosines: cosines.mul(length) }, target.mul(length)))
}

function psi(cosine: Tensor, margin: number): Tensor {
  // Chebyshev's recurrence for cos(nθ) from cos θ.
  let [before, turned] = [cosine.mul(0).add(1), cosine]
  for (let n = 1; n < margin; n++) [before, turned] = [turned, cosine.mul(2).mul(turned).sub(before)]
  let y = turned
  for (let k = 1; k < margin; k++)
    y = where(cosine.greater(Math.cos((k * Math.PI) / margin)), y, turned.mul((-1) ** k).sub(2 * k))
  return y
}
