import { checkCount, DTypeError, dims, showShape, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'

/** Checks embeddings [B, D] and class labels i32 [B]. */
export function checkBatch(fn: string, embeddings: Tensor, labels: Tensor): void {
  const { B } = dims(fn, { embeddings, labels }, 'B D, B')
  checkFloats(fn, { embeddings })
  checkCount(fn, 'batch size', B as number, 1)
  if (labels.dtype !== 'i32')
    throw new DTypeError(
      `${fn}: labels must be i32 class indices, got ${labels.dtype} ${showShape(labels.shape)}. ` +
        "Make them with tensor(data, { dtype: 'i32' }), or cast them with labels.cast('i32').",
    )
}

/** Whether two examples have one class, [B, B]. */
export function sameClass(labels: Tensor): Tensor {
  return labels.equal(labels.expandDims(-1))
}
