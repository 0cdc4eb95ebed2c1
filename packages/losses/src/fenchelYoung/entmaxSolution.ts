import {
  cumSum,
  expm1,
  full,
  isFinite,
  log1p,
  max,
  maximum,
  root,
  stopGradient,
  sum,
  type Tensor,
  where,
} from '@wengert/core'
import { descending, ranks, simplexThreshold } from './simplexThreshold.ts'

/**
 * p = e_d(x − ν) with Σ p = 1 along an axis, where e_d(u) = (1 + d u)₊^(1/d) with d = α − 1 > −1 stands for e^u. In this form ν
 * stays within log K of the greatest x, and nothing is lost as d → 0.
 */
export interface EntmaxSolution {
  readonly probs: Tensor
  /** ν, with size 1 along the axis. */
  readonly threshold: Tensor
}

export function entmaxSolution(x: Tensor, alpha: number | Tensor, axis: number): EntmaxSolution {
  const along = { axis, keepDims: true }
  const top = max(stopGradient(x), along)
  const shift = where(isFinite(top), top, 0)
  const centred = x.sub(shift)
  const d = typeof alpha === 'number' ? full([], alpha - 1, { dtype: x.dtype }) : orders(alpha.cast(x.dtype), axis)
  const excess = (nu: Tensor, z: Tensor, order: Tensor): Tensor => sum(power(z.sub(nu), order), along).sub(1)
  const solve = solverFor(alpha)
  // Each row has one unknown: its linear equation is a division. A row of −∞ alone has no equation.
  const solveLinear = (map: (l: Tensor) => Tensor, g: Tensor): Tensor => {
    const slope = map(g.mul(0).add(1))
    return g.div(where(slope.equal(0), 1, slope))
  }
  const nu = root(excess, (z: Tensor, order: Tensor) => solve(z, axis, order), { solveLinear })(centred, d)
  const raw = power(centred.sub(nu), d)
  const total = sum(raw, along)
  return { probs: raw.div(where(total.equal(0), 1, total)), threshold: nu.add(shift) }
}

function solverFor(alpha: number | Tensor): (x: Tensor, axis: number, d: Tensor) => Tensor {
  if (alpha === 2) return sparsest
  if (alpha === 1.5) return halfway
  return typeof alpha === 'number' && alpha < 2 ? ascended : bisected
}

/** (1 + d u)^(1/d), 0 where its base is not positive. */
function power(u: Tensor, d: Tensor): Tensor {
  const t = u.mul(d)
  const inside = t.greater(-1).and(isFinite(u))
  return where(
    inside,
    log1p(where(inside, t, 0))
      .div(d)
      .exp(),
    0,
  )
}

/** α − 1 of each row; where that is next to 0, for which e_d is e^u, a small number in its place. */
function orders(alpha: Tensor, axis: number): Tensor {
  const d = alpha.expandDims(axis).sub(1)
  return where(d.abs().less(least), least, d)
}

const least = 1e-6

/** In place of 1 + d u where the element is 0: it is only divided by. */
const tiny = 1e-30

/** ν for α = 2. */
function sparsest(x: Tensor, axis: number): Tensor {
  return simplexThreshold(x, axis).add(1)
}

/** ν for α = 3/2: the least root of a square polynomial on the support, by sorting (Peters, Niculae & Martins 2019, alg. 2). */
function halfway(x: Tensor, axis: number): Tensor {
  const z = descending(x, axis).div(2)
  const n = ranks(z, axis)
  const mean = cumSum(z, { axis }).div(n)
  const spread = cumSum(z.square(), { axis }).sub(mean.square().mul(n))
  const bounds = mean.sub(maximum(spread.neg().add(1).div(n), 0).sqrt())
  // The bounds hold for the elements up to their own; the last that lies below its element is that of the support.
  const size = sum(bounds.lessEqual(z).cast(x.dtype), { axis, keepDims: true })
  return sum(where(n.equal(size), bounds, 0), { axis, keepDims: true })
    .add(1)
    .mul(2)
}

/**
 * ν for α ≤ 2, by Newton's method on the d-logarithm ((Σ p)^d − 1) / d = 0 of Σ p = 1. It is convex in ν, so that the steps rise
 * from the greatest x to the solution and stay there, and straight while all elements that are kept are equal, so
 * that few are needed.
 */
function ascended(x: Tensor, axis: number, d: Tensor): Tensor {
  const along = { axis, keepDims: true }
  let nu = max(x, along)
  // Some 3 for two elements and 2 + ½ log₂ K for K were needed, found by search over α and forms of rows.
  const steps = 6 + Math.ceil(Math.log2(x.shape.at(axis) as number) / 2)
  for (let i = 0; i < steps; i++) {
    const u = x.sub(nu)
    const p = power(u, d)
    const total = sum(p, along)
    const slope = sum(p.div(maximum(u.mul(d).add(1), tiny)), along)
    const rise = expm1(total.log().mul(d.neg())).mul(total).div(slope.mul(d).neg())
    // A row of −∞ alone has a total of 0, and stays where it is.
    nu = nu.add(where(total.greater(0), rise, 0))
  }
  return nu
}

/** ν for any α, by bisection between the greatest x, where Σ p ≥ 1, and the ν of a row with all as great. */
function bisected(x: Tensor, axis: number, d: Tensor): Tensor {
  const K = x.shape.at(axis) as number
  let step = expm1(d.mul(-Math.log(K))).div(d.neg())
  let nu = max(x, { axis, keepDims: true })
  for (let i = 0; i < steps[x.dtype as 'f32' | 'f64']; i++) {
    step = step.div(2)
    const next = nu.add(step)
    nu = where(sum(power(x.sub(next), d), { axis, keepDims: true }).greaterEqual(1), next, nu)
  }
  return nu
}

const steps = { f32: 28, f64: 56 } as const
