import { arange, sum, type Tensor, takeAlong, where } from '@wengert/core'
import { labelledLogits, type ReadyLabels } from '../labels.ts'

/** What a permutation-equivariant relative-margin loss is made of. */
export interface RelativeMargins {
  /** z_y − zⱼ for the classes j other than the label, in their order, [...B, K−1]. */
  readonly margins: Tensor
  readonly mark: ReadyLabels['mark']
}

/** The relative margins of logits [...B, K] and class labels i32 [...B], checked in the name of a function. */
export const relativeMargins = (fn: string, logits: Tensor, labels: Tensor): RelativeMargins => {
  const { hit, mark, K } = labelledLogits(fn, logits, labels)
  const ofLabel = sum(where(hit, logits, 0), { axis: -1, keepDims: true })
  // The j-th of the others is class j before the label, and class j + 1 from there on.
  const j = arange(K - 1, { dtype: 'i32' })
  const others = j.add(j.greaterEqual(labels.expandDims(-1)).cast('i32'))
  return { margins: ofLabel.sub(takeAlong(logits, others)), mark }
}
