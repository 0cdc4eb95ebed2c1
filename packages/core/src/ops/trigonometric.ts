import type { Tensor, TensorLike } from '../tensor.ts'
import { binary, unary } from './define.ts'
import { hypot } from './math.ts'
import { where } from './select.ts'

type Unary = (x: Tensor) => Tensor

/** Tangent of x in radians; derivative 1 + y². */
export const tan: Unary = /* @__PURE__ */ unary('tan', (g, y) => g.mul(y.square().add(1)))

/** Arc sine on [−1, 1], from −π/2 to π/2. Derivative 1 / √(1 − x²), infinite at ±1. */
export const asin: Unary = /* @__PURE__ */ unary('asin', (g, _, x) => g.div(cosineOf(x)))

/** Arc cosine on [−1, 1], from π to 0. Derivative −1 / √(1 − x²), infinite at ±1. */
export const acos: Unary = /* @__PURE__ */ unary('acos', (g, _, x) => g.div(cosineOf(x)).neg())

/** √(1 − x²), with the digits that the square would lose near ±1. */
function cosineOf(x: Tensor): Tensor {
  return x.add(1).mul(x.neg().add(1)).sqrt()
}

/** Arc tangent, from −π/2 to π/2. Derivative 1 / (1 + x²). */
export const atan: Unary = /* @__PURE__ */ unary('atan', (g, _, x) => g.div(x.square().add(1)))

/**
 * Angle of the point (b, a): the arc tangent of a / b in the right quadrant, from −π to π. With r = √(a² + b²),
 * ∂a = b / r² and ∂b = −a / r², taken as 0 where r = 0.
 */
export const atan2: (a: TensorLike, b: TensorLike) => Tensor = binary(
  'atan2',
  [(g, _, a, b) => g.mul(overSquares(b, a, b)), (g, _, a, b) => g.mul(overSquares(a, a, b)).neg()],
  'float',
)

/** x / (a² + b²) without overflow. */
function overSquares(x: Tensor, a: Tensor, b: Tensor): Tensor {
  const r = hypot(a, b)
  return where(r.equal(0), 0, x.div(r).div(r))
}

/** Hyperbolic sine (e^x − e^(−x)) / 2, accurate near 0. */
export const sinh: Unary = /* @__PURE__ */ unary('sinh', (g, _, x) => g.mul(cosh(x)))

/** Hyperbolic cosine (e^x + e^(−x)) / 2. */
export const cosh: Unary = /* @__PURE__ */ unary('cosh', (g, _, x) => g.mul(sinh(x)))

/** Inverse of sinh, log(x + √(x² + 1)). Derivative 1 / √(x² + 1). */
export const asinh: Unary = /* @__PURE__ */ unary('asinh', (g, _, x) => g.div(hypot(x, 1)))

/** Inverse of cosh on [1, ∞), log(x + √(x² − 1)). Derivative 1 / √(x² − 1), infinite at 1. */
export const acosh: Unary = /* @__PURE__ */ unary('acosh', (g, _, x) => g.div(x.sub(1).sqrt()).div(x.add(1).sqrt()))

/** Inverse of tanh on [−1, 1], ½ log((1 + x) / (1 − x)); ±∞ at ±1. Derivative 1 / (1 − x²). */
export const atanh: Unary = /* @__PURE__ */ unary('atanh', (g, _, x) => g.div(x.add(1)).div(x.neg().add(1)))
