import type { Tensor, TensorLike } from '../tensor.ts'
import { checkDType, floatOperands } from './define.ts'
import { expm1, isFinite, log1p, softplus } from './math.ts'
import { where } from './select.ts'
import { stopGradient } from './view.ts'

// Each keeps its digits, and its derivatives theirs, where the formula as it stands would not.

/**
 * log(1 − e^x) for x < 0, as log(−expm1(x)) near 0 and log1p(−e^x) elsewhere (Mächler 2012); −∞ at 0.
 * Derivative −e^x / (1 − e^x).
 */
export function log1mExp(x: Tensor): Tensor {
  checkDType('log1mExp', 'x', x, 'float')
  return where(x.greater(-Math.LN2), expm1(x).neg().log(), log1p(x.exp().neg()))
}

/** log(e^a + e^b), with broadcasting, as the greater + log1p(e^(−|a − b|)). Of two −∞ it is −∞ with gradient 0. */
export function logAddExp(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = floatOperands('logAddExp', a, b)
  const d = x.sub(y)
  // Both branches hold everywhere but for rounding, so derivatives of any order are right at a tie too.
  const sum = where(d.greaterEqual(0), x.add(softplus(d.neg())), y.add(softplus(d)))
  return where(x.equal(y).and(isFinite(d).not()), stopGradient(x), sum)
}

/**
 * a log b, with broadcasting, and 0 where a = 0, even if b is 0 or less; there the gradient is 0 as well. Use it for entropies:
 * xLogY(p, p) is p log p.
 */
export function xLogY(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = floatOperands('xLogY', a, b)
  const undefinedLog = y.lessEqual(0).or(y.equal(Number.POSITIVE_INFINITY))
  return where(x.equal(0).and(undefinedLog), 0, x.mul(y.log()))
}
