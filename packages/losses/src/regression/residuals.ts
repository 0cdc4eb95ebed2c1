import { dims, maximum, minimum, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'

/** Predictions and targets of one shape, checked in the name of a function: predictions − targets. */
export function residuals(fn: string, predictions: Tensor, targets: Tensor): Tensor {
  dims(fn, { predictions, targets }, '...S, ...S')
  checkFloats(fn, { predictions })
  return predictions.sub(targets.cast(predictions.dtype))
}

/** ½ r² up to |r| = delta, delta (|r| − ½ delta) beyond. */
export function huber(r: Tensor, delta: number): Tensor {
  // One formula for both pieces, and without |r|, whose second derivative would be lost at r = 0.
  const clipped = maximum(minimum(r, delta), -delta)
  return clipped.mul(r.sub(clipped.mul(0.5)))
}
