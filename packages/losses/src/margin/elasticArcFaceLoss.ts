import type { Tensor } from '@wengert/core'
import type { Draws } from '../stochastic/draws.ts'
import { addAngle } from './addAngle.ts'
import { type ElasticFaceOptions, elasticMargins } from './elasticMargins.ts'
import { marginCrossEntropy } from './labelCosines.ts'

/**
 * arcFaceLoss with a margin for each example that is drawn anew in each step. Use it where classes vary in how wide they are, which
 * a fixed margin does not respect; with a new key for each step, as fold(key, step).
 *
 *     margins ~ margin + std · normal, handed out by `assignment`
 *     L = −log softmax(scale cos(θ + margins [j = y]))_y
 *
 * Margins are not truncated, and widened angles beyond π not treated apart. With a std of 0 it is arcFaceLoss with monotone 'none'.
 * Ignored examples take part in the order with cosine 0.
 *
 * Shapes: embeddings [B, D], labels i32 [B], prototypes [K, D], draws given [B] → [B].
 * Gradient: that of arcFaceLoss with the margins held fixed.
 * Source: Boutros, Damer, Kirchbuchner, Kuijper, ElasticFace, arXiv 2109.09416 (2022); the paper's values of std for 'rank' are
 * UNVERIFIED.
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * elasticArcFaceLoss(tensor([[3, 4]]), tensor([1], { dtype: 'i32' }), prototypes, tensor([1]), { scale: 10, std: 0.1 }).item() // 2.8451
 * @example elasticArcFaceLoss(tensor([[3, 4]]), tensor([0], { dtype: 'i32' }), tensor([[1, 0], [0, 1]]), key(7))
 */
export function elasticArcFaceLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  from: Draws,
  options: ElasticFaceOptions = {},
): Tensor {
  const args = [embeddings, labels, prototypes] as const
  const { ready, margins } = elasticMargins('elasticArcFaceLoss', args, from, { margin: 0.5, ...options })
  return ready.mark(marginCrossEntropy(ready, addAngle(ready.own, margins)))
}
