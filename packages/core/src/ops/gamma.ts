import { checkCount } from '../check.ts'
import { defineOp, type Op } from '../op.ts'
import { line, type Tensor } from '../tensor.ts'
import { checkDType, unary } from './define.ts'
import { scalar } from './source.ts'

/** Logarithm of the absolute value of the gamma function, ∞ at its poles 0, −1, −2, …. Derivative: digamma. */
export const lgamma: (x: Tensor) => Tensor = unary('lgamma', (g, _, x) => g.mul(digamma(x)))

/** ψ(x) = Γ'(x) / Γ(x), the derivative of lgamma. Derivative: polygamma(1, x). */
export function digamma(x: Tensor): Tensor {
  checkDType('digamma', 'x', x, 'float')
  return polygamma(0, x)
}

const polygammaOp: Op = defineOp('polygamma', { kind: 'map', scalar: 'polygamma' }, (g, y, [, x]) => [
  null,
  g.mul(polygamma((y.attrs[0] as number) + 1, x as Tensor)),
])

/**
 * Derivative of an order, 0 or more, of digamma: (−1)^(n + 1) n! Σ 1 / (x + k)^(n + 1) over k ≥ 0 for n ≥ 1. At the poles
 * 0, −1, −2, … an odd order is ∞ and an even one NaN, but at ±0 the limit of that side. Derivative: the next order.
 *
 * @example polygamma(1, tensor([1, 2])) // [1.644934, 0.644934]
 */
export function polygamma(order: number, x: Tensor): Tensor {
  checkCount('polygamma', 'order', order, 0)
  checkDType('polygamma', 'x', x, 'float')
  return line(polygammaOp, [scalar(order, x.dtype), x], x.shape, x.dtype, [order])
}
