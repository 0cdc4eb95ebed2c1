import {
  ceil,
  customVjp,
  floor,
  log1p,
  logAddExp,
  logSigmoid,
  logSumExp,
  maximum,
  sigmoid,
  softmax,
  sort,
  sum,
  type Tensor,
  takeAlong,
  where,
} from '@wengert/core'

const along = { axis: -1, keepDims: true } as const

/**
 * The s with Σ σ(x − s) = k along the last axis, for k between 0 and the number of elements above −∞.
 *
 * Shapes: x [...S, N], k [...S, 1] → [...S, 1].
 * Gradient: by the implicit function theorem, with v = σ(x − s) σ(s − x), v / Σ v to x and −1 / Σ v to k. The first is
 * a softmax of log v, which holds where all v vanish.
 */
export function sigmoidThreshold(x: Tensor, k: Tensor): Tensor {
  const implicit = customVjp(solution, (g, s, x) => {
    const above = x.sub(s)
    const logSlopes = logSigmoid(above).add(logSigmoid(above.neg()))
    return [g.mul(softmax(logSlopes)), g.mul(logSumExp(logSlopes, along).neg().exp()).neg()]
  })
  return implicit(x, k)
}

/** Halvings of the bracket, after which two steps of Newton's method give all digits. */
const halvings = 16

/**
 * Nothing is read, and the number of steps is fixed. With a and b the elements on either side of the k-th place, s lies
 * about halfway between them: no farther than the bracket, since the one element weighs against all those beyond the
 * other, and that one against those beyond the first. So it does not matter how far elements spread.
 */
function solution(x: Tensor, k: Tensor): Tensor {
  const count = sum(x.notEqual(Number.NEGATIVE_INFINITY), along).cast(x.dtype)
  const sorted = sort(x, { descending: true })
  const [after, before] = [floor(k), ceil(k).sub(1)]
  const [a, b] = [after, before].map((place) => takeAlong(sorted, place.cast('i32'))) as [Tensor, Tensor]
  const reach = (against: Tensor): Tensor => log1p(against).add(Math.LN2).mul(1.5)
  const below = reach(k.div(after.add(1).sub(k)))
  const bracket = reach(count.sub(k).div(k.sub(before))).add(below)
  let s = a.div(2).add(b.div(2)).sub(below)
  for (let i = 1; i <= halvings; i++) {
    const next = s.add(bracket.mul(2 ** -i))
    s = where(sum(sigmoid(x.sub(next)), along).greater(k), next, s)
  }
  // The first of these may cross a gap, in which the sum is k to all digits and s may be anywhere.
  return balanced(x, k, balanced(x, k, s))
}

/**
 * A step of Newton's method towards where what elements above s lack of 1 is what those below have, given that k of
 * them are above: an equation between logarithms, which keep their digits however far from s all elements are. In a gap
 * between them it is linear.
 */
function balanced(x: Tensor, k: Tensor, s: Tensor): Tensor {
  const above = x.sub(s)
  const isAbove = above.greaterEqual(0)
  const distance = above.abs()
  const off = logSigmoid(distance.neg())
  const slope = off.add(logSigmoid(distance))
  const sides = (terms: Tensor): [Tensor, Tensor] => [
    logSumExp(where(isAbove, terms, Number.NEGATIVE_INFINITY), along),
    logSumExp(where(isAbove, Number.NEGATIVE_INFINITY, terms), along),
  ]
  const [lack, excess] = sides(off)
  const [lackSlope, excessSlope] = sides(slope)
  const missing = k.sub(sum(isAbove, along).cast(x.dtype))
  const logLack = logAddExp(lack, maximum(missing, 0).log())
  const logExcess = logAddExp(excess, maximum(missing.neg(), 0).log())
  const steepness = lackSlope.sub(logLack).exp().add(excessSlope.sub(logExcess).exp())
  return s.sub(logLack.sub(logExcess).div(steepness))
}
