import { checkOptions } from '../check.ts'
import type { Tensor } from '../tensor.ts'
import { checkDType } from './define.ts'
import { isFinite } from './math.ts'
import { max, type ReduceOptions, sum } from './reduce.ts'
import { where } from './select.ts'
import { stopGradient } from './view.ts'

/** Along which axis to normalise. */
export interface AxisOptions {
  /** @default -1 */
  readonly axis?: number
}

/** The greatest element, as a constant to subtract: 0 where it is infinite or NaN, so that ∞ − ∞ cannot arise. */
function shift(x: Tensor, axis: ReduceOptions['axis']): Tensor {
  const top = max(x, axis === undefined ? { keepDims: true } : { axis, keepDims: true })
  return stopGradient(where(isFinite(top), top, 0))
}

/**
 * log Σ e^x over axes, shifted by the greatest element. All −∞ gives −∞ with gradient 0.
 *
 * Shapes: x [...S] → S without the axes, or with size 1 there if keepDims. Gradient: softmax.
 */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axis, keepDims } = checkOptions('logSumExp', options)
  checkDType('logSumExp', 'x', x, 'float')
  const top = shift(x, axis)
  const total = sum(x.sub(top).exp(), { ...options, keepDims: true })
  // The logarithm alone would have the same value, but an infinite derivative where all is −∞.
  const y = where(total.equal(0), Number.NEGATIVE_INFINITY, total.log().add(top))
  return keepDims ? y : y.squeeze(axis ?? x.shape.map((_, i) => i))
}

/**
 * e^x / Σ e^x along an axis. A row of −∞ alone gives zeros, with gradient 0.
 *
 * Shapes: x [...S] → [...S].
 */
export function softmax(x: Tensor, options: AxisOptions = {}): Tensor {
  const { axis = -1 } = checkOptions('softmax', options)
  checkDType('softmax', 'x', x, 'float')
  const weights = x.sub(shift(x, axis)).exp()
  const total = sum(weights, { axis, keepDims: true })
  return weights.div(where(total.equal(0), 1, total))
}

/**
 * Logarithm of softmax, x − logSumExp(x), without the loss of digits that log(softmax(x)) suffers.
 *
 * Shapes: x [...S] → [...S].
 */
export function logSoftmax(x: Tensor, options: AxisOptions = {}): Tensor {
  const { axis = -1 } = checkOptions('logSoftmax', options)
  checkDType('logSoftmax', 'x', x, 'float')
  const centred = x.sub(shift(x, axis))
  const total = sum(centred.exp(), { axis, keepDims: true })
  return centred.sub(where(total.equal(0), 1, total).log())
}
