import { checkCount, checkOption, dims, mean, relu, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { binaryRows } from '../labels.ts'

export interface HingeContrastiveOptions {
  /** Cosine up to which a negative costs nothing, finite. @default 0.8 */
  readonly margin?: number
  /** Weight of the positives, at least 0. @default 1 */
  readonly positiveWeight?: number
}

/**
 * Draws the cosines of positives to 1 and those of negatives below a margin. Use it as a plain contrastive loss of
 * examples and labels, where negatives are many and most are easy.
 *
 *     L = mean over the labels of positiveWeight (1 − s) for positives, [s − margin]₊ for negatives
 *
 * Labels are 0 and 1 of any dtype; others throw where they are data on the host, and give NaN where they are computed.
 *
 * Shapes: scores [...B, K], labels [...B, K] → [...B].
 * Gradient: −positiveWeight / K to positives, 1 / K to negatives above the margin, where there is a kink.
 * Source: the code of Dahiya et al., NGAME, arXiv 2207.04452 (2022).
 *
 * @example hingeContrastiveLoss(tensor([0.5, 0.9, 0.1]), tensor([1, 0, 0])).item() // 0.2
 */
export function hingeContrastiveLoss(
  scores: Tensor,
  labels: Tensor,
  { margin = 0.8, positiveWeight = 1 }: HingeContrastiveOptions = {},
): Tensor {
  const fn = 'hingeContrastiveLoss'
  const { K = 0 } = dims(fn, { scores, labels }, '...B K, ...B K')
  checkFloats(fn, { scores })
  checkCount(fn, 'number of labels', K, 1)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  checkOption(fn, 'positiveWeight', positiveWeight, positiveWeight >= 0, 'at least 0')
  const { hit, mark } = binaryRows(fn, labels)
  return mark(mean(where(hit, scores.neg().add(1).mul(positiveWeight), relu(scores.sub(margin))), { axis: -1 }))
}
