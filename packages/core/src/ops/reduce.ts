import { checkOptions } from '../check.ts'
import { isFloat, promote } from '../dtype.ts'
import { DTypeError, ShapeError } from '../errors.ts'
import type { Reduction } from '../kernel.ts'
import { defineOp, type Op, type Vjp } from '../op.ts'
import { axisIndex, axisList, type Shape, sameShape, showShape, sizeOf } from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'
import { arange } from './create.ts'
import { checkDType } from './define.ts'
import { where } from './select.ts'
import { castTo } from './source.ts'

/** Which axes to reduce, and whether to keep them with size 1. */
export interface ReduceOptions {
  /** One axis or several; negative ones count from the back. @default all */
  readonly axis?: number | readonly number[]
  /** Keep reduced axes with size 1. @default false */
  readonly keepDims?: boolean
}

function reduction(op: Reduction, vjp: Vjp): Op {
  return defineOp(op, { kind: 'reduce', op }, vjp)
}

function reduce(op: Op, x: Tensor, options: ReduceOptions): Tensor {
  const { axis, keepDims = false } = checkOptions(op.name, options)
  const axes = axisList(op.name, axis, x.shape.length)
  if (axes.length === 0) return x
  const y = line(
    op,
    [x],
    x.shape.filter((_, i) => !axes.includes(i)),
    x.dtype,
    axes,
  )
  return keepDims ? y.reshape(keptShape(x.shape, axes)) : y
}

function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((n, i) => (axes.includes(i) ? 1 : n))
}

/** A reduced tensor laid against x again, so that it broadcasts. */
function against(reduced: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return reduced.reshape(keptShape(x.shape, axes))
}

const sumOp = reduction('sum', (g, y, [x]) => [against(g, x as Tensor, y.attrs).broadcastTo((x as Tensor).shape)])

/**
 * Sum over axes; a sum of nothing is 0. A bool tensor counts its true elements as i32.
 *
 * Shapes: x [...S] → S without the axes, or with size 1 there if keepDims.
 */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkDType('sum', 'x', x, 'any')
  return reduce(sumOp, x.dtype === 'bool' ? castTo(x, 'i32') : x, options)
}

// Ties share the gradient evenly: the mean of the one-sided choices, which is a subgradient and treats them alike.
const extremeVjp: Vjp = (g, y, [input]) => {
  const x = input as Tensor
  const hit = castTo(x.equal(against(y, x, y.attrs)), x.dtype)
  const ties = against(sum(hit, { axis: y.attrs }), x, y.attrs)
  return [hit.mul(against(g, x, y.attrs).div(ties))]
}

const maxOp = /* @__PURE__ */ reduction('max', extremeVjp)
const minOp = /* @__PURE__ */ reduction('min', extremeVjp)

/**
 * Greatest element over axes; NaN where one is among them. Ties share the gradient evenly.
 *
 * Shapes: x [...S] → S without the axes, or with size 1 there if keepDims.
 */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkDType('max', 'x', x, 'number')
  checkNotEmpty('max', x, options)
  return reduce(maxOp, x, options)
}

/**
 * Least element over axes; NaN where one is among them. Ties share the gradient evenly.
 *
 * Shapes: x [...S] → S without the axes, or with size 1 there if keepDims.
 */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkDType('min', 'x', x, 'number')
  checkNotEmpty('min', x, options)
  return reduce(minOp, x, options)
}

/**
 * Mean over axes. Integers and bools are averaged as f32, so the mean of a comparison is a rate; f16 is averaged in f32 too, as a
 * sum of many may be larger than an f16 can be.
 *
 * Shapes: x [...S] → S without the axes, or with size 1 there if keepDims.
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const count = checkNotEmpty('mean', x, options)
  const wide = promote(x.dtype, 'f32')
  return castTo(sum(castTo(x, wide), options).div(count), isFloat(x.dtype) ? x.dtype : wide)
}

/**
 * Variance over axes: the mean squared distance from the mean (divided by N, not N − 1).
 *
 * Shapes: x [...S] → S without the axes, or with size 1 there if keepDims.
 */
export function variance(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkDType('variance', 'x', x, 'float')
  checkNotEmpty('variance', x, options)
  return mean(x.sub(mean(x, { ...options, keepDims: true })).square(), options)
}

/**
 * Standard deviation over axes, the root of the variance (divided by N, not N − 1), with gradient 0 where all are equal.
 *
 * Shapes: x [...S] → S without the axes, or with size 1 there if keepDims.
 */
export function std(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkDType('std', 'x', x, 'float')
  checkNotEmpty('std', x, options)
  const squares = variance(x, options)
  return where(squares.equal(0), 0, squares.sqrt())
}

/**
 * Weighted mean Σ w x / Σ w over all elements. Use it to weight or mask examples: mean(loss) becomes weightedMean(loss, weights).
 *
 * Shapes: x [...S], weights [...S] → []. NaN if the weights sum to 0.
 */
export function weightedMean(x: Tensor, weights: Tensor): Tensor {
  checkDType('weightedMean', 'x', x, 'any')
  checkDType('weightedMean', 'weights', weights, 'any')
  if (!sameShape(x.shape, weights.shape))
    throw new ShapeError(
      `weightedMean: weights must have the shape of x, ${showShape(x.shape)}, got ${showShape(weights.shape)}. ` +
        'Give one weight per element; broadcastTo repeats them.',
    )
  checkNotEmpty('weightedMean', x, {})
  const w = castTo(weights, x.dtype)
  return sum(x.mul(w)).div(sum(w))
}

/**
 * Index of the greatest element along an axis, as i32. The first of equal ones; the first NaN if there is any.
 *
 * Shapes: x [...S] → S without the axis. No gradient.
 */
export function argMax(x: Tensor, options: { readonly axis?: number } = {}): Tensor {
  return firstHit('argMax', max, x, options)
}

/**
 * Index of the least element along an axis, as i32. The first of equal ones; the first NaN if there is any.
 *
 * Shapes: x [...S] → S without the axis. No gradient.
 */
export function argMin(x: Tensor, options: { readonly axis?: number } = {}): Tensor {
  return firstHit('argMin', min, x, options)
}

function firstHit(fn: string, extreme: typeof max, x: Tensor, options: { readonly axis?: number }): Tensor {
  const { axis = -1 } = checkOptions(fn, options)
  checkDType(fn, 'x', x, 'number')
  const at = axisIndex(fn, axis, x.shape.length)
  const n = checkNotEmpty(fn, x, { axis: at })
  const best = extreme(x, { axis: at, keepDims: true })
  const positions = arange(n, { dtype: 'i32' }).reshape(x.shape.map((_, i) => (i === at ? n : 1)))
  return min(where(x.equal(best).or(x.notEqual(x)), positions, n), { axis: at })
}

/** Number of elements in each reduction, which must not be 0. */
export function checkNotEmpty(fn: string, x: Tensor, options: ReduceOptions): number {
  const { axis } = checkOptions(fn, options)
  checkDType(fn, 'x', x, 'any')
  const count = sizeOf(axisList(fn, axis, x.shape.length).map((i) => x.shape[i] as number))
  if (count === 0)
    throw new ShapeError(
      `${fn}: x must have at least one element to reduce, got shape ${showShape(x.shape)}. ` +
        `The ${fn} of nothing is undefined; leave out empty batches.`,
    )
  return count
}

/** True where any element over the axes is true. Shapes: x bool [...S] → S without the axes. */
export function any(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkDType('any', 'x', x, 'any')
  if (x.dtype !== 'bool') throw new DTypeError(`any: x must be bool, got ${x.dtype}. Compare it, e.g. x.notEqual(0).`)
  return sum(x, checkOptions('any', options)).greater(0)
}

/** True where all elements over the axes are true. Shapes: x bool [...S] → S without the axes. */
export function all(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkDType('all', 'x', x, 'any')
  if (x.dtype !== 'bool') throw new DTypeError(`all: x must be bool, got ${x.dtype}. Compare it, e.g. x.notEqual(0).`)
  return sum(x.not(), checkOptions('all', options)).equal(0)
}
