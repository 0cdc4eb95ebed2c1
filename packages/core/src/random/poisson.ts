import { checkOption } from '../check.ts'
import type { DType } from '../dtype.ts'
import { arange } from '../ops/create.ts'
import { lgamma } from '../ops/gamma.ts'
import { xLogY } from '../ops/logarithm.ts'
import { floor, log1p, maximum, minimum } from '../ops/math.ts'
import { sum } from '../ops/reduce.ts'
import { cumSum } from '../ops/scan.ts'
import { where } from '../ops/select.ts'
import { type DrawOptions, type Key, split, uniform } from '../random.ts'
import type { Shape } from '../shape.ts'
import { Tensor, type TensorLike } from '../tensor.ts'
import { openUniform } from './continuous.ts'
import { drawing, firstAccepted } from './parameter.ts'

/** Rate from which on proposals are drawn instead of the distribution function inverted. */
const threshold = 10

/** Terms of the distribution function: at a rate of 10, more come with probability below 10⁻¹⁷. */
const terms = 48

/**
 * Proposals for each element from rate 10 on. One is rejected with probability below 0.252 (most often at rate 10), so all
 * are with probability below 0.252¹⁷ < 10⁻¹⁰; then the first is taken all the same.
 */
const proposals = 17

/** Greatest rate: counts must be exact in the dtype, and fit i32. */
const greatest = { f32: 1e6, f64: 1e9 } as const

/** Counts how many values of the distribution function a uniform draw has passed. Rates up to 10. */
function byInversion(from: Key, rate: Tensor, shape: Shape, dtype: DType): Tensor {
  const k = arange(terms, { dtype }).reshape([terms, ...shape.map(() => 1)])
  const logProbs = xLogY(k, rate)
    .sub(rate)
    .sub(lgamma(k.add(1)))
  const passed = uniform(from, shape, { dtype }).greaterEqual(cumSum(logProbs.exp(), { axis: 0 }))
  return sum(passed, { axis: 0 })
}

/** Hörmann's transformed rejection, PTRS. Rates from 10 on. */
function byRejection(from: Key, rate: Tensor, shape: Shape, dtype: DType): Tensor {
  const [first, second] = split(from) as [Key, Key]
  const u = openUniform(first, [proposals, ...shape], dtype).sub(0.5)
  const v = openUniform(second, [proposals, ...shape], dtype)
  const b = rate.sqrt().mul(2.53).add(0.931)
  const a = b.mul(0.02483).sub(0.059)
  // The fitted hat falls short of the distribution by up to 0.55 %: raised so far, what is accepted is exact.
  const height = b.sub(3.4).pow(-1).mul(1.1328).add(1.1239).mul(1.006)
  const edge = u.abs().neg().add(0.5)
  const k = floor(a.mul(2).div(edge).add(b).mul(u).add(rate).add(0.43))
  const ratio = v.mul(height).div(a.div(edge.square()).add(b))
  const accepted = k.greaterEqual(0).and(ratio.log().lessEqual(logProb(k, rate)))
  return firstAccepted(accepted, maximum(k, 0)).cast('i32')
}

/**
 * log of e^(−λ) λᵏ / k!, arranged so that no large terms cancel: with x = (k − λ) / λ and Stirling's series,
 *
 *     −λ ((1 + x) log(1 + x) − x) − ½ log 2πk − 1/12k + 1/360k³ − 1/1260k⁵
 *
 * whose error, 3·10⁻⁴ at k = 1 and 5·10⁻⁶ at k = 2, meets counts that have probability below 3·10⁻³ here.
 */
function logProb(k: Tensor, rate: Tensor): Tensor {
  const count = maximum(k, 1)
  const x = count.sub(rate).div(rate)
  const distance = log1p(x).mul(x.add(1)).sub(x).mul(rate)
  const inverse = count.pow(-1)
  const square = inverse.square()
  const series = square
    .mul(1 / 1260)
    .sub(1 / 360)
    .mul(square)
    .add(1 / 12)
    .mul(inverse)
  const several = distance
    .add(
      count
        .mul(2 * Math.PI)
        .log()
        .mul(0.5),
    )
    .add(series)
    .neg()
  return where(k.equal(0), rate.neg(), several)
}

/**
 * Poisson draws: counts with mean and variance `rate`, as i32. By inversion of the distribution function below rate 10,
 * by transformed rejection from there on. −1 where the rate is negative, NaN, or above 10⁶ in f32 or 10⁹ in f64.
 *
 * Shapes: rate [...A] → i32, the given shape, to which A broadcasts; without one, [...A].
 * Gradient: none; counts are integers.
 * Source: Hörmann, The transformed rejection method for generating Poisson random variables (1993), algorithm PTRS, with
 * 17 proposals an element.
 *
 * @example const arrivals = poisson(key(0), 3.5, [5])
 */
export function poisson(from: Key, rate: TensorLike, shape?: Shape, options: DrawOptions = {}): Tensor {
  const { parameters, shape: whole, dtype } = drawing('poisson', { rate }, shape, options)
  const most = greatest[dtype as 'f32' | 'f64']
  if (!(rate instanceof Tensor)) checkOption('poisson', 'rate', rate, rate >= 0 && rate <= most, `from 0 to ${most}`)
  const mean = parameters[0] as Tensor
  // A number needs but one of the two ways.
  if (!(rate instanceof Tensor)) return (rate < threshold ? byInversion : byRejection)(from, mean, whole, dtype)
  const few = byInversion(from, minimum(mean, threshold), whole, dtype)
  const many = byRejection(from, maximum(mean, threshold), whole, dtype)
  const valid = mean.greaterEqual(0).and(mean.lessEqual(most))
  return where(valid, where(mean.less(threshold), few, many), -1)
}
