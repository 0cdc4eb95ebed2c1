import { checkOptions } from '../check.ts'
import type { Operand } from '../kernel.ts'
import { defineOp } from '../op.ts'
import { axisIndex, sizeOf } from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'
import { checkDType } from './define.ts'
import { concat } from './join.ts'
import { logAddExp } from './logarithm.ts'
import { where } from './select.ts'
import type { AxisOptions } from './softmax.ts'
import { castTo } from './source.ts'

/** Along which axis to accumulate, and from which end. */
export interface ScanOptions extends AxisOptions {
  /** Begin at the end of the axis. @default false */
  readonly reverse?: boolean
}

const cumSumOp = /* @__PURE__ */ defineOp(
  'cumSum',
  {
    kind: 'kernel',
    inputs: 'contiguous',
    build: (y, [input]) => ({ kind: 'scan', dtype: y.dtype, input: input as Operand, reverse: y.attrs[0] === 1 }),
  },
  (g, { attrs: [reverse] }) => [blockSums(g, reverse !== 1)],
)

/** Running sums along the middle axis of [outer, n, inner]. */
function blockSums(x: Tensor, reverse: boolean): Tensor {
  return line(cumSumOp, [x], x.shape, x.dtype, [Number(reverse)])
}

/**
 * Running sums y[j] = Σ x[k] over k ≤ j along an axis, or over k ≥ j in reverse. A bool tensor is counted as i32.
 *
 * Shapes: x [...S] → [...S].
 *
 * @example cumSum(tensor([1, 2, 3])) // [1, 3, 6]
 */
export function cumSum(x: Tensor, options: ScanOptions = {}): Tensor {
  const { axis = -1, reverse = false } = checkOptions('cumSum', options)
  checkDType('cumSum', 'x', x, 'any')
  const at = axisIndex('cumSum', axis, x.shape.length)
  const numbers = x.dtype === 'bool' ? castTo(x, 'i32') : x
  const blocks = [sizeOf(x.shape.slice(0, at)), x.shape[at] as number, sizeOf(x.shape.slice(at + 1))]
  return blockSums(numbers.reshape(blocks), reverse).reshape(x.shape)
}

/**
 * Combines what stands 1, 2, 4, … positions apart (Hillis and Steele), so that every element has combined all before it
 * after log₂ n rounds. No element is divided out, so products are right beside zeros, in every derivative too.
 */
function byDoubling(
  fn: string,
  combine: (before: Tensor, here: Tensor) => Tensor,
  x: Tensor,
  options: ScanOptions,
): Tensor {
  const { axis = -1, reverse = false } = checkOptions(fn, options)
  const at = axisIndex(fn, axis, x.shape.length)
  const n = x.shape[at] as number
  const part = (y: Tensor, from: number, to: number): Tensor =>
    y.slice(
      y.shape.map((_, i) => (i === at ? from : 0)),
      y.shape.with(at, to),
    )
  let y = x
  for (let step = 1; step < n; step *= 2) {
    const front = part(y, 0, n - step)
    const back = part(y, step, n)
    y = reverse
      ? concat([combine(back, front), part(y, n - step, n)], { axis: at })
      : concat([part(y, 0, step), combine(front, back)], { axis: at })
  }
  return y
}

/**
 * Running products y[j] = Π x[k] over k ≤ j along an axis, or over k ≥ j in reverse. The derivative is right where factors
 * are 0.
 *
 * Shapes: x [...S] → [...S].
 *
 * @example cumProd(tensor([2, 3, 4])) // [2, 6, 24]
 */
export function cumProd(x: Tensor, options: ScanOptions = {}): Tensor {
  checkDType('cumProd', 'x', x, 'number')
  return byDoubling('cumProd', (before, here) => before.mul(here), x, options)
}

/**
 * Running maxima y[j] = max x[k] over k ≤ j along an axis, or over k ≥ j in reverse; NaN from the first NaN on. Where elements
 * tie, the gradient goes to the one met first.
 *
 * Shapes: x [...S] → [...S].
 *
 * @example cumMax(tensor([1, 3, 2])) // [1, 3, 3]
 */
export function cumMax(x: Tensor, options: ScanOptions = {}): Tensor {
  checkDType('cumMax', 'x', x, 'number')
  // NaN is unequal to itself, and not less than anything.
  const later = (before: Tensor, here: Tensor): Tensor => where(before.less(here).or(here.notEqual(here)), here, before)
  return byDoubling('cumMax', later, x, options)
}

/**
 * Running log Σ e^x[k] over k ≤ j along an axis, or over k ≥ j in reverse, at no risk of overflow. It is −∞, with gradient
 * 0, as long as all elements are −∞.
 *
 * Shapes: x [...S] → [...S].
 *
 * @example logCumSumExp(tensor([0, 0])) // [0.00, 0.69]
 */
export function logCumSumExp(x: Tensor, options: ScanOptions = {}): Tensor {
  checkDType('logCumSumExp', 'x', x, 'float')
  // Its first element alone would be the identity, with gradient 1.
  const { NEGATIVE_INFINITY: low } = Number
  return byDoubling('logCumSumExp', logAddExp, where(x.equal(low), low, x), options)
}
