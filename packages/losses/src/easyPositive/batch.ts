import { arange, checkCount, checkDType, dims, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'

/** Checks embeddings [B, D] and class labels i32 [B]. */
export function checkBatch(fn: string, embeddings: Tensor, labels: Tensor): void {
  const { B } = dims(fn, { embeddings, labels }, 'B D, B')
  checkFloats(fn, { embeddings })
  checkCount(fn, 'batch size', B as number, 1)
  checkDType(fn, 'labels', labels, 'index')
}

/** Whether two examples have one class, [B, B]. */
export function sameClass(labels: Tensor): Tensor {
  return labels.equal(labels.expandDims(-1))
}

/** Whether two examples are different ones of one class, [B, B]. */
export function othersOfClass(labels: Tensor): Tensor {
  const place = arange(labels.shape[0] as number, { dtype: 'i32' })
  return sameClass(labels).and(place.notEqual(place.expandDims(-1)))
}
