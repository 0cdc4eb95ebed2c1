import {
  arange,
  checkDType,
  checkValues,
  DTypeError,
  dims,
  isFloat,
  showShape,
  sum,
  type Tensor,
  where,
  zeros,
} from '@wengert/core'
import { checkLogits, checkTensors } from './check.ts'

// A label outside its range throws where its number is known on the host. Numbers that are yet to be computed, or that
// are exchanged when a plan is run again, cannot be checked in advance: there the example's loss becomes NaN.

/** Labels made ready for a formula. */
export interface ReadyLabels {
  /** bool: for class labels the one-hot rows [...B, K], for binary ones whether the label is 1. */
  readonly hit: Tensor
  /** The loss of each example; NaN, with gradient 0, where the label is out of range. */
  readonly mark: (loss: Tensor) => Tensor
}

/** Class labels i32 [...B] for K classes. Of `ignore` the caller takes care. */
export function classLabels(fn: string, labels: Tensor, K: number, ignore?: number): ReadyLabels {
  checkDType(fn, 'labels', labels, 'index')
  checkValues(
    fn,
    'labels',
    labels,
    (label) => (label >= 0 && label < K) || label === ignore,
    `class indices from 0 to ${K - 1}${ignore === undefined ? '' : `, or ${ignore} to be ignored`}`,
    `The logits have ${K} classes.`,
  )
  const hit = labels.expandDims(-1).equal(arange(K, { dtype: 'i32' }))
  return { hit, mark: marker(labels.greaterEqual(0).and(labels.less(K))) }
}

/** Logits [...B, K], K > 0, and their class labels i32 [...B]. */
export function labelledLogits(fn: string, logits: Tensor, labels: Tensor): ReadyLabels & { readonly K: number } {
  const { K = 0 } = dims(fn, { logits, labels }, '...B K, ...B')
  checkLogits(fn, logits)
  return { ...classLabels(fn, labels, K), K }
}

/** Logits [...B, K], K > 0, and what they are compared with: class labels i32 [...B] or, if `soft`, rows of floats [...B, K]. */
export function labelledSoftly(
  fn: string,
  name: string,
  logits: Tensor,
  labels: Tensor,
): { readonly soft: boolean; readonly K: number } {
  checkTensors(fn, { logits, [name]: labels })
  const { dtype, shape } = labels
  const soft = isFloat(dtype)
  if (dtype === 'bool' || (soft && shape.length < logits.shape.length))
    throw new DTypeError(
      `${fn}: ${name} must be i32 classes [...B] or float rows [...B, K], got ${dtype} ${showShape(shape)}. ` +
        "Cast classes to 'i32', one-hot rows to 'f32'.",
    )
  const { K = 0 } = dims(fn, { logits, [name]: labels }, `...B K, ...B${soft ? ' K' : ''}`)
  checkLogits(fn, logits)
  return { soft, K }
}

/** Binary labels, 0 or 1 of any dtype. */
export function binaryLabels(fn: string, labels: Tensor): ReadyLabels {
  if (labels.dtype === 'bool') return { hit: labels, mark: (loss) => loss }
  checkValues(
    fn,
    'labels',
    labels,
    (label) => label === 0 || label === 1,
    '0 or 1',
    'Signs become such labels with labels.greater(0).',
  )
  const hit = labels.equal(1)
  return { hit, mark: marker(labels.equal(0).or(hit)) }
}

/** Binary labels [...B, K] of rows that have one loss each, [...B]: a bad label spoils its row. */
export function binaryRows(fn: string, labels: Tensor): ReadyLabels {
  const { hit, mark } = binaryLabels(fn, labels)
  return { hit, mark: (loss) => loss.add(sum(mark(zeros(labels.shape, { dtype: loss.dtype })), { axis: -1 })) }
}

/** Marks what belongs to a whole batch of labels: one bad label spoils it. */
export function markBatch(mark: ReadyLabels['mark'], labels: Tensor, loss: Tensor): Tensor {
  return loss.add(sum(mark(zeros(labels.shape, { dtype: loss.dtype }))))
}

/** Signs −1 and 1 of any dtype but bool. `hit` is true where the sign is 1. */
export function signLabels(fn: string, labels: Tensor): ReadyLabels {
  if (labels.dtype === 'bool')
    throw new DTypeError(
      `${fn}: labels must be signs -1 and 1, got bool ${showShape(labels.shape)}. Use where(labels, 1, -1).`,
    )
  checkValues(
    fn,
    'labels',
    labels,
    (label) => label === -1 || label === 1,
    'signs -1 or 1',
    'Labels 0 and 1 become signs with where(labels.greater(0), 1, -1).',
  )
  const hit = labels.equal(1)
  return { hit, mark: marker(labels.equal(-1).or(hit)) }
}

/** Probabilities of the class 1, as floats of the given dtype. */
export function softLabels(fn: string, labels: Tensor, like: Tensor): { y: Tensor; mark: ReadyLabels['mark'] } {
  const y = labels.cast(like.dtype)
  if (labels.dtype === 'bool') return { y, mark: (loss) => loss }
  checkValues(
    fn,
    'labels',
    labels,
    (label) => label >= 0 && label <= 1,
    'from 0 to 1',
    'Signs become such labels with labels.greater(0).',
  )
  return { y, mark: marker(y.greaterEqual(0).and(y.lessEqual(1))) }
}

function marker(valid: Tensor): (loss: Tensor) => Tensor {
  return (loss) => where(valid, loss, Number.NaN)
}
