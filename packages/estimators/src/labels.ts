import { checkCount, checkDType, checkValues, dims, oneHot, type Tensor } from '@wengert/core'

/** Checks examples with class indices, and gives the classes as rows of 0 and 1, of the dtype of the features: [N, K]. */
export function classHits(fn: string, x: Tensor, labels: Tensor, classes: number): Tensor {
  dims(fn, { x, labels }, 'N D, N')
  checkDType(fn, 'x', x, 'precise')
  checkCount(fn, 'classes', classes, 1)
  checkClassIndices(fn, labels, classes)
  return oneHot(labels, classes, { dtype: x.dtype })
}

export function checkClassIndices(fn: string, labels: Tensor, classes: number): void {
  checkDType(fn, 'labels', labels, 'index')
  checkValues(fn, 'labels', labels, (label) => label >= 0 && label < classes, `class indices from 0 to ${classes - 1}`)
}
