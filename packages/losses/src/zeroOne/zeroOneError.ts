import { argMax, dims, type Tensor } from '@wengert/core'
import { checkFloats, checkLogits, checkTensors } from '../check.ts'
import { binaryLabels, classLabels } from '../labels.ts'

/**
 * Zero-one error: 1 where the prediction is wrong, 0 where it is right. Use it to report; its mean is the share of errors. To train,
 * take a loss that has a gradient.
 *
 *     L = [argmax of logits ≠ label]   for class labels
 *     L = [(logits > 0) ≠ label]       for labels 0 and 1, one for each logit
 *
 * Of equal logits the first class is the prediction, and 0 predicts the label 0. Labels out of range throw where their numbers
 * are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B]; or logits [...S], labels [...S] → [...S].
 * Gradient: 0.
 * Source: its definition; the error that Gomez, Wang, Tang, arXiv 2602.23336 (2026) set out from.
 *
 * @example mean(zeroOneError(tensor([[2, 1], [3, 4]]), tensor([0, 0], { dtype: 'i32' }))).item() // 0.5
 */
export function zeroOneError(logits: Tensor, labels: Tensor): Tensor {
  const fn = 'zeroOneError'
  checkTensors(fn, { logits, labels })
  if (labels.shape.length === logits.shape.length) {
    dims(fn, { logits, labels }, '...S, ...S')
    checkFloats(fn, { logits })
    const { hit, mark } = binaryLabels(fn, labels)
    return mark(logits.greater(0).notEqual(hit).cast(logits.dtype))
  }
  const { K } = dims(fn, { logits, labels }, '...B K, ...B')
  checkLogits(fn, logits)
  const { mark } = classLabels(fn, labels, K as number)
  return mark(argMax(logits).notEqual(labels).cast(logits.dtype))
}
