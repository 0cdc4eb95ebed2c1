import { checkOption, dims, matmul, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { unitRows } from './unitRows.ts'

export interface CosineLogitsOptions {
  /** What cosines are multiplied by, greater than 0. @default 1 */
  readonly scale?: number
}

/**
 * Cosines between embeddings and the prototypes of classes. Use them to predict with what a margin head has learned, as
 * argMax(cosineLogits(x, prototypes)), or with a scale as logits of a softmax.
 *
 *     zₖ = scale · x · wₖ / (‖x‖ ‖wₖ‖)
 *
 * An embedding or a prototype of zeros has cosine 0 to all.
 *
 * Shapes: embeddings [...B, D], prototypes [K, D] → [...B, K].
 * Gradient: across embeddings and prototypes, none along them; 0 for those of zeros.
 * Source: Wang et al., NormFace, arXiv 1704.06369 (2017).
 *
 * @example cosineLogits(tensor([3, 4]), tensor([[2, 0], [0, 1]])).dataSync() // 0.6, 0.8
 */
export function cosineLogits(embeddings: Tensor, prototypes: Tensor, { scale = 1 }: CosineLogitsOptions = {}): Tensor {
  dims('cosineLogits', { embeddings, prototypes }, '...B D, K D')
  checkFloats('cosineLogits', { embeddings, prototypes })
  checkOption('cosineLogits', 'scale', scale, scale > 0 && Number.isFinite(scale), 'a finite number greater than 0')
  return matmul(unitRows(embeddings), unitRows(prototypes).transpose()).mul(scale)
}
