import { dims, mean, type Tensor } from '@wengert/core'
import { checkLogits } from '../check.ts'
import { classLabels } from '../labels.ts'
import { countOf, type HypersimplexOptions } from './hypersimplexLoss.ts'
import { hypersimplexProjection } from './hypersimplexProjection.ts'

/**
 * hypersimplexLoss of each class against the rest, over the examples of a batch: for each class the k greatest logits of
 * the batch are to say yes. Use it as a stand-in with a gradient for the zero-one error of a classifier trained in large
 * batches, where the authors find it to gain on crossEntropy; on small batches expect no gain. It is not convex.
 *
 *     P = softBinaryArgmax(logits, k, { temperature, axis: 0 })
 *     L = (1 / K) Σⱼ (Pⱼ − [j = label])²
 *
 * The options are those of hypersimplexLoss, with a class in place of a row: tensors have one number for each class, [K].
 * Predict by argMax(logits); the projection is for training only. Other than for crossEntropy, a shift of all logits of one
 * example matters, and one of all logits of a class does not. Labels outside [0, K) throw where their numbers are data on
 * the host; labels that are computed give NaN there.
 *
 * The paper sets k to the expected number of positives of a class: 'counts'. Its published figures were almost certainly made
 * with 'half' and τ = 1.5, as all versions of the authors' scripts have it; the paper does not say so. With 'half' the loss
 * ranks the examples, but cannot reach 0: for ten balanced classes its mean is at least 0.177.
 *
 * Shapes: logits [B, K], labels i32 [B] → [B], coupled over the batch.
 * Gradient: that of hypersimplexLoss by column, divided by K. It is 0 for a class whose k-th greatest logit leads by τ, rightly or
 * not, and with 'counts' for a class that is absent from the batch.
 * Source: Gomez, Wang, Tang, arXiv 2602.23336 (2026), sec. 4.6. The mean of L is the loss of the authors' code; the paper's is
 * K / 2 times the sum.
 *
 * @example mean(hypersimplexMulticlassLoss(tensor([[2, 0], [0, 1], [1, 0]]), tensor([0, 1, 1], { dtype: 'i32' }))).item() // 0.092593
 */
export function hypersimplexMulticlassLoss(
  logits: Tensor,
  labels: Tensor,
  { k = 'counts', temperature = 1.5 }: HypersimplexOptions = {},
): Tensor {
  const fn = 'hypersimplexMulticlassLoss'
  const { B, K } = dims(fn, { logits, labels }, 'B K, B')
  checkLogits(fn, logits)
  const { hit, mark } = classLabels(fn, labels, K as number)
  const y = hypersimplexProjection(fn, logits, countOf(fn, k, hit, B as number, 0), { temperature, axis: 0 })
  return mark(mean(y.sub(hit.cast(logits.dtype)).square(), { axis: 1 }))
}
