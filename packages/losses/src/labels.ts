import { arange, DTypeError, hostValue, showPlace, showShape, type Tensor, ValueError, where } from '@wengert/core'

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
  if (labels.dtype !== 'i32')
    throw new DTypeError(
      `${fn}: labels must be i32 class indices, got ${labels.dtype} ${showShape(labels.shape)}. ` +
        "Make them with tensor(data, { dtype: 'i32' }), or cast them with labels.cast('i32').",
    )
  checkNumbers(fn, labels, (label) => (label >= 0 && label < K) || label === ignore, {
    expectation: `be class indices from 0 to ${K - 1}${ignore === undefined ? '' : `, or ${ignore} to be ignored`}`,
    remedy: `The logits have ${K} classes.`,
  })
  const inRange = labels.greaterEqual(0).and(labels.less(K))
  const oneHot = labels.expandDims(-1).equal(arange(K, { dtype: 'i32' }))
  return { hit: oneHot, mark: marker(inRange) }
}

/** Binary labels, 0 or 1 of any dtype. */
export function binaryLabels(fn: string, labels: Tensor): ReadyLabels {
  if (labels.dtype === 'bool') return { hit: labels, mark: (loss) => loss }
  checkNumbers(fn, labels, (label) => label === 0 || label === 1, {
    expectation: 'be 0 or 1',
    remedy: 'Signs become such labels with labels.greater(0).',
  })
  const hit = labels.equal(1)
  return { hit, mark: marker(labels.equal(0).or(hit)) }
}

/** Signs −1 and 1 of any dtype but bool. `hit` is true where the sign is 1. */
export function signLabels(fn: string, labels: Tensor): ReadyLabels {
  if (labels.dtype === 'bool')
    throw new DTypeError(
      `${fn}: labels must be signs -1 and 1, got bool ${showShape(labels.shape)}. Use where(labels, 1, -1).`,
    )
  checkNumbers(fn, labels, (label) => label === -1 || label === 1, {
    expectation: 'be signs -1 or 1',
    remedy: 'Labels 0 and 1 become signs with where(labels.greater(0), 1, -1).',
  })
  const hit = labels.equal(1)
  return { hit, mark: marker(labels.equal(-1).or(hit)) }
}

/** Probabilities of the class 1, as floats of the given dtype. */
export function softLabels(fn: string, labels: Tensor, like: Tensor): { y: Tensor; mark: ReadyLabels['mark'] } {
  const y = labels.cast(like.dtype)
  if (labels.dtype === 'bool') return { y, mark: (loss) => loss }
  checkNumbers(fn, labels, (label) => label >= 0 && label <= 1, {
    expectation: 'be from 0 to 1',
    remedy: 'Signs become such labels with labels.greater(0).',
  })
  return { y, mark: marker(y.greaterEqual(0).and(y.lessEqual(1))) }
}

function marker(valid: Tensor): (loss: Tensor) => Tensor {
  return (loss) => where(valid, loss, Number.NaN)
}

function checkNumbers(
  fn: string,
  labels: Tensor,
  allowed: (label: number) => boolean,
  { expectation, remedy }: { readonly expectation: string; readonly remedy: string },
): void {
  const values = hostValue(labels)
  if (values === null) return
  for (let i = 0; i < values.length; i++) {
    const label = values[i] as number
    if (!allowed(label))
      throw new ValueError(`${fn}: labels must ${expectation}, got ${label}${showPlace(labels.shape, i)}. ${remedy}`)
  }
}
