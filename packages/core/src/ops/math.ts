import type { Tensor, TensorLike } from '../tensor.ts'
import { binary, unary } from './define.ts'
import { where } from './select.ts'

type Unary = (x: Tensor) => Tensor
type Binary = (a: TensorLike, b: TensorLike) => Tensor

/** Sign of x: −1, 0 or 1. Derivative 0. */
export { sign } from './arithmetic.ts'

/** Greatest integer not above x. Derivative 0. */
export const floor: Unary = unary('floor', null)

/** e^x − 1, accurate near 0. */
export const expm1: Unary = unary('expm1', (g, y) => g.mul(y.add(1)))

/** log(1 + x), accurate near 0. */
export const log1p: Unary = unary('log1p', (g, _, x) => g.div(x.add(1)))

/** Sine of x in radians. */
export const sin: Unary = unary('sin', (g, _, x) => g.mul(cos(x)))

/** Cosine of x in radians. */
export const cos: Unary = unary('cos', (g, _, x) => g.mul(sin(x)).neg())

/** Hyperbolic tangent; derivative 1 − y². */
export const tanh: Unary = unary('tanh', (g, y) => g.mul(y.square().neg().add(1)))

/** Error function erf x = 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf: Unary = unary('erf', (g, _, x) => g.mul(2 / Math.sqrt(Math.PI)).mul(x.square().neg().exp()))

/** Inverse of erf on (−1, 1); ±∞ at ±1. Derivative √π/2 · e^(y²). */
export const erfInv: Unary = unary('erfInv', (g, y) => g.mul(Math.sqrt(Math.PI) / 2).mul(y.square().exp()))

/** Logistic function 1 / (1 + e^(−x)). Its derivative is formed as σ(x) σ(−x), which keeps its digits in both tails. */
export const sigmoid: Unary = unary('sigmoid', (g, y, x) => g.mul(y).mul(sigmoid(x.neg())))

/** log(1 + e^x) as max(x, 0) + log1p(e^(−|x|)), which neither overflows nor loses digits. Derivative σ(x). */
export const softplus: Unary = unary('softplus', (g, _, x) => g.mul(sigmoid(x)))

/** True where x is neither infinite nor NaN. */
export const isFinite: Unary = unary('isFinite', null, 'float', 'bool')

/** Greater of a and b, NaN where either is. At a tie each side gets half of the gradient. */
export const maximum: Binary = binary('maximum', [(g, y, a, b) => share(g, y, a, b), (g, y, a, b) => share(g, y, b, a)])

/** Lesser of a and b, NaN where either is. At a tie each side gets half of the gradient. */
export const minimum: Binary = binary('minimum', [(g, y, a, b) => share(g, y, a, b), (g, y, a, b) => share(g, y, b, a)])

function share(g: Tensor, y: Tensor, mine: Tensor, other: Tensor): Tensor {
  return where(mine.equal(other), g.mul(0.5), where(mine.equal(y), g, 0))
}
