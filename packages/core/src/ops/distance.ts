import { checkOption, checkOptions } from '../check.ts'
import { dims } from '../dims.ts'
import { axisList } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { checkDType, floatOperands } from './define.ts'
import { maximum } from './math.ts'
import { checkNotEmpty, max, type ReduceOptions, sum } from './reduce.ts'
import { where } from './select.ts'

export interface NormOptions extends ReduceOptions {
  /** 1, 2 or Infinity. @default 2 */
  readonly ord?: number
}

/**
 * Norm over axes: Σ |x| for ord 1, √(Σ x²) for 2, max |x| for Infinity. All have gradient 0 at 0. The squares must not
 * overflow.
 *
 * Shapes: x [...S] → S without the axes, or with size 1 there if keepDims.
 */
export function norm(x: Tensor, given: NormOptions = {}): Tensor {
  const { ord = 2, ...options } = checkOptions('norm', given)
  checkDType('norm', 'x', x, 'float')
  axisList('norm', options.axis, x.shape.length)
  if (ord === 1) return sum(x.abs(), options)
  if (ord === Number.POSITIVE_INFINITY) {
    checkNotEmpty('norm', x, options)
    return max(x.abs(), options)
  }
  checkOption('norm', 'ord', ord, ord === 2, '1, 2 or Infinity')
  const squares = sum(x.square(), options)
  return where(squares.equal(0), 0, squares.sqrt())
}

/**
 * Euclidean distances of all rows of x to all rows of y, with gradient 0 where two are equal. Formed from differences, which
 * keeps the digits of small distances but takes memory for all M · N · D of them.
 *
 * Shapes: x [...B, M, D], y [...B, N, D] → [...B, M, N].
 */
export function cdist(x: Tensor, y: Tensor): Tensor {
  dims('cdist', { x, y }, '...B M D, ...B N D')
  checkDType('cdist', 'x', x, 'float')
  checkDType('cdist', 'y', y, 'float')
  return norm(x.expandDims(-2).sub(y.expandDims(-3)), { axis: -1 })
}

export interface CosineSimilarityOptions {
  /** @default -1 */
  readonly axis?: number
  /** Least length that a vector is divided by. @default 1e-8 */
  readonly eps?: number
}

/**
 * Cosine of the angle between vectors along an axis, x · y / (max(‖x‖, eps) max(‖y‖, eps)), with broadcasting; 0 where either is 0.
 *
 * Shapes: x [...S], y [...S] → S without the axis.
 */
export function cosineSimilarity(x: Tensor, y: Tensor, options: CosineSimilarityOptions = {}): Tensor {
  const { axis = -1, eps = 1e-8 } = checkOptions('cosineSimilarity', options)
  checkOption('cosineSimilarity', 'eps', eps, eps > 0, 'greater than 0')
  const [a, b] = floatOperands('cosineSimilarity', x, y)
  const unit = (v: Tensor): Tensor => v.div(maximum(norm(v, { axis, keepDims: true }), eps))
  return sum(unit(a).mul(unit(b)), { axis })
}
