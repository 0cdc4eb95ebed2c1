import type { Tensor } from '@wengert/core'
import type { Draws } from '../stochastic/draws.ts'
import { type ElasticFaceOptions, elasticMargins } from './elasticMargins.ts'
import { marginCrossEntropy } from './labelCosines.ts'

/**
 * cosFaceLoss with a margin for each example that is drawn anew in each step. Use it where classes vary in how wide they are, which
 * a fixed margin does not respect; with a new key for each step, as fold(key, step).
 *
 *     margins ~ margin + std · normal, handed out by `assignment`
 *     L = −log softmax(scale (c − margins [j = y]))_y
 *
 * Margins are not truncated, so that a few may be negative. With a std of 0 it is cosFaceLoss; on average it is at least that. Ignored
 * examples take part in the order with cosine 0.
 *
 * Shapes: embeddings [B, D], labels i32 [B], prototypes [K, D], draws given [B] → [B].
 * Gradient: that of cosFaceLoss with the margins held fixed.
 * Source: Boutros, Damer, Kirchbuchner, Kuijper, ElasticFace, arXiv 2109.09416 (2022); the paper's values of std for 'rank' are
 * UNVERIFIED.
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * elasticCosFaceLoss(tensor([[3, 4]]), tensor([1], { dtype: 'i32' }), prototypes, tensor([1]), { scale: 10, std: 0.1 }).item() // 2.5789
 * @example elasticCosFaceLoss(tensor([[3, 4]]), tensor([0], { dtype: 'i32' }), tensor([[1, 0], [0, 1]]), key(7))
 */
export function elasticCosFaceLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  from: Draws,
  options: ElasticFaceOptions = {},
): Tensor {
  const args = [embeddings, labels, prototypes] as const
  const { ready, margins } = elasticMargins('elasticCosFaceLoss', args, from, { margin: 0.35, ...options })
  return ready.mark(marginCrossEntropy(ready, ready.own.sub(margins)))
}
