import { checkOption } from '../check.ts'
import { ShapeError } from '../errors.ts'
import { sigmoid } from '../ops/math.ts'
import { where } from '../ops/select.ts'
import { softmax } from '../ops/softmax.ts'
import { stopGradient } from '../ops/view.ts'
import { type DrawOptions, type Key, normal, split } from '../random.ts'
import type { Shape } from '../shape.ts'
import { Tensor, type TensorLike } from '../tensor.ts'
import { openUniform } from './continuous.ts'
import { type Drawing, drawing, firstAccepted } from './parameter.ts'

/**
 * Proposals for each element. One is rejected with probability below 0.049 at every shape parameter from 1 on (most
 * often at 1), so all are with probability below 0.049⁸ < 4·10⁻¹¹; then the first is taken all the same.
 */
const proposals = 8

/** A gamma draw as scale · e^boost: small shape parameters give numbers that only their logarithms can tell apart. */
interface GammaDraw {
  readonly scale: Tensor
  readonly boost: Tensor
}

/**
 * Marsaglia and Tsang's method: with d = α − 1/3 and c = 1/√(9d), d v for v = (1 + c z)³ is accepted where
 * log u < z²/2 + d (1 − v + log v). For α < 1, a draw with α + 1 times u^(1/α).
 */
function drawGamma(from: Key, alpha: Tensor, { shape, dtype }: Drawing): GammaDraw {
  const [ofNormal, ofUniform, ofBoost] = split(from, 3) as [Key, Key, Key]
  const small = alpha.less(1)
  const d = where(small, alpha.add(1), alpha).sub(1 / 3)
  const z = normal(ofNormal, [proposals, ...shape], { dtype })
  const root = z.div(d.mul(9).sqrt()).add(1)
  const v = root.mul(root.square())
  const bound = z
    .square()
    .mul(0.5)
    .add(d.mul(v.neg().add(1).add(v.log())))
  // NaN, where v is negative, accepts nothing.
  const accepted = openUniform(ofUniform, [proposals, ...shape], dtype)
    .log()
    .less(bound)
  const boost = where(small, openUniform(ofBoost, shape, dtype).log().div(alpha), 0)
  return { scale: where(alpha.greater(0), d.mul(firstAccepted(accepted, v)), Number.NaN), boost }
}

function logGamma(from: Key, alpha: Tensor, all: Drawing): Tensor {
  const { scale, boost } = drawGamma(from, alpha, all)
  return scale.log().add(boost)
}

function checkPositive(fn: string, given: Readonly<Record<string, TensorLike>>): void {
  for (const [name, x] of Object.entries(given))
    if (!(x instanceof Tensor)) checkOption(fn, name, x, x > 0 && x < Number.POSITIVE_INFINITY, 'a positive number')
}

/**
 * Gamma draws with shape parameter alpha and scale 1: density x^(α−1) e^(−x) / Γ(α); multiply by a scale for others.
 * NaN where alpha is not positive. Below α = 0.1 many draws underflow to 0, as they should.
 *
 * Shapes: alpha [...A] → the given shape, to which A broadcasts; without one, [...A].
 * Gradient: none flows to alpha: the sample counts as a constant.
 * Source: Marsaglia and Tsang, A simple method for generating gamma variables (2000), with 8 proposals an element.
 *
 * @example const precision = gamma(key(0), 2, [5]).div(3)
 */
export function gamma(from: Key, alpha: TensorLike, shape?: Shape, options: DrawOptions = {}): Tensor {
  checkPositive('gamma', { alpha })
  const all = drawing('gamma', { alpha }, shape, options)
  const { scale, boost } = drawGamma(from, all.parameters[0] as Tensor, all)
  return stopGradient(scale.mul(boost.exp()))
}

/**
 * Beta draws on [0, 1]: density proportional to x^(a−1) (1 − x)^(b−1), as a share of two gamma draws. NaN where a or b is
 * not positive.
 *
 * Shapes: a [...A], b [...B] → the given shape, to which both broadcast; without one, their joint shape.
 * Gradient: none flows to a and b: the sample counts as a constant.
 *
 * @example const mix = beta(key(0), 0.2, 0.2, [5])
 */
export function beta(from: Key, a: TensorLike, b: TensorLike, shape?: Shape, options: DrawOptions = {}): Tensor {
  checkPositive('beta', { a, b })
  const all = drawing('beta', { a, b }, shape, options)
  const [ofA, ofB] = split(from) as [Key, Key]
  const [x, y] = all.parameters as [Tensor, Tensor]
  return stopGradient(sigmoid(logGamma(ofA, x, all).sub(logGamma(ofB, y, all))))
}

/**
 * Dirichlet draws: points of the simplex with density proportional to ∏ xₖ^(αₖ−1), as shares of gamma draws. They stay
 * apart from NaN at small alpha too. NaN where an alpha is not positive.
 *
 * Shapes: alpha [...A, K] → the given shape, whose last axis is K, and to which A broadcasts; without one, [...A, K].
 * Gradient: none flows to alpha: the sample counts as a constant.
 *
 * @example const shares = dirichlet(key(0), tensor([1, 2, 3]), [5, 3])
 */
export function dirichlet(from: Key, alpha: Tensor, shape?: Shape, options: DrawOptions = {}): Tensor {
  if (!(alpha instanceof Tensor) || alpha.shape.length === 0)
    throw new ShapeError(
      'dirichlet: alpha must be a tensor of shape [...A, K], got a scalar. Give one number per class.',
    )
  const all = drawing('dirichlet', { alpha }, shape, options)
  return stopGradient(softmax(logGamma(from, all.parameters[0] as Tensor, all)))
}
