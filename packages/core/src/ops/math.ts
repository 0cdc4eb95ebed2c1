import { checkOption, checkOptions } from '../check.ts'
import type { Tensor, TensorLike } from '../tensor.ts'
import { div } from './arithmetic.ts'
import { binary, checkDType, unary } from './define.ts'
import { where } from './select.ts'

type Unary = (x: Tensor) => Tensor
type Binary = (a: TensorLike, b: TensorLike) => Tensor

/** Sign of x: −1, 0 or 1. Derivative 0. */
export { sign } from './arithmetic.ts'

/** Greatest integer not above x. Derivative 0. */
export const floor: Unary = /* @__PURE__ */ unary('floor', null)

/** Least integer not below x. Derivative 0. */
export function ceil(x: Tensor): Tensor {
  checkDType('ceil', 'x', x, 'float')
  return floor(x.neg()).neg()
}

/** Nearest integer; of two, the even one. Derivative 0. */
export const round: Unary = /* @__PURE__ */ unary('round', null)

/** 1 / x. */
export function reciprocal(x: Tensor): Tensor {
  checkDType('reciprocal', 'x', x, 'float')
  return div(1, x)
}

/** 1 / √x. */
export function rsqrt(x: Tensor): Tensor {
  checkDType('rsqrt', 'x', x, 'float')
  return div(1, x.sqrt())
}

/** e^x − 1, accurate near 0. */
export const expm1: Unary = /* @__PURE__ */ unary('expm1', (g, y) => g.mul(y.add(1)))

/** log(1 + x), accurate near 0. */
export const log1p: Unary = /* @__PURE__ */ unary('log1p', (g, _, x) => g.div(x.add(1)))

/** Sine of x in radians. */
export const sin: Unary = /* @__PURE__ */ unary('sin', (g, _, x) => g.mul(cos(x)))

/** Cosine of x in radians. */
export const cos: Unary = /* @__PURE__ */ unary('cos', (g, _, x) => g.mul(sin(x)).neg())

/** Hyperbolic tangent; derivative 1 − y². */
export const tanh: Unary = /* @__PURE__ */ unary('tanh', (g, y) => g.mul(y.square().neg().add(1)))

/** Error function erf x = 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf: Unary = /* @__PURE__ */ unary('erf', (g, _, x) =>
  g.mul(2 / Math.sqrt(Math.PI)).mul(x.square().neg().exp()),
)

/** 1 − erf x, accurate where erf x is near 1. */
export const erfc: Unary = /* @__PURE__ */ unary('erfc', (g, _, x) =>
  g.mul(-2 / Math.sqrt(Math.PI)).mul(x.square().neg().exp()),
)

/** Inverse of erf on (−1, 1); ±∞ at ±1. Derivative √π/2 · e^(y²). */
export const erfInv: Unary = /* @__PURE__ */ unary('erfInv', (g, y) =>
  g.mul(Math.sqrt(Math.PI) / 2).mul(y.square().exp()),
)

/** Logistic function 1 / (1 + e^(−x)). Its derivative is formed as σ(x) σ(−x), which keeps its digits in both tails. */
export const sigmoid: Unary = /* @__PURE__ */ unary('sigmoid', (g, y, x) => g.mul(y).mul(sigmoid(x.neg())))

/** log(1 + e^x) as max(x, 0) + log1p(e^(−|x|)), which neither overflows nor loses digits. Derivative σ(x). */
export const softplus: Unary = /* @__PURE__ */ unary('softplus', (g, _, x) => g.mul(sigmoid(x)))

/** True where x is neither infinite nor NaN. */
export const isFinite: Unary = /* @__PURE__ */ unary('isFinite', null, 'float', 'bool')

/** √(a² + b²), with broadcasting and without overflow. Derivatives a / y and b / y, taken as 0 where y = 0. */
export const hypot: Binary = /* @__PURE__ */ binary(
  'hypot',
  [(g, y, a) => g.mul(where(y.equal(0), 0, a.div(y))), (g, y, _, b) => g.mul(where(y.equal(0), 0, b.div(y)))],
  'float',
)

/** Greater of a and b, NaN where either is. At a tie each side gets half of the gradient. */
export const maximum: Binary = /* @__PURE__ */ binary('maximum', [
  (g, y, a, b) => share(g, y, a, b),
  (g, y, a, b) => share(g, y, b, a),
])

/** Lesser of a and b, NaN where either is. At a tie each side gets half of the gradient. */
export const minimum: Binary = /* @__PURE__ */ binary('minimum', [
  (g, y, a, b) => share(g, y, a, b),
  (g, y, a, b) => share(g, y, b, a),
])

function share(g: Tensor, y: Tensor, mine: Tensor, other: Tensor): Tensor {
  return where(mine.equal(other), g.mul(0.5), where(mine.equal(y), g, 0))
}

export interface ClipOptions {
  /** Least value. @default none */
  readonly min?: number
  /** Greatest value, at least min. @default none */
  readonly max?: number
}

/** x within bounds: min where x is less, max where it is greater. The derivative is 1 from min to max, both included, and 0 outside. */
export function clip(x: Tensor, options: ClipOptions = {}): Tensor {
  const { min, max } = checkOptions('clip', options, 'min: 0, max: 1')
  checkDType('clip', 'x', x, 'number')
  if (min !== undefined && max !== undefined) checkOption('clip', 'max', max, max >= min, `at least min = ${min}`)
  const raised = min === undefined ? x : where(x.less(min), min, x)
  return max === undefined ? raised : where(x.greater(max), max, raised)
}
