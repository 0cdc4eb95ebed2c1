import {
  type BackendOptions,
  checkCount,
  checkOption,
  concat,
  data,
  grad,
  type Key,
  key as keyOf,
  linspace,
  sum,
  type Tensor,
  uniform,
  zeros,
} from '@wengert/core'
import { checkPositive } from '../check.ts'
import type { PermTemplate } from './templates.ts'

export interface ExponentialTailOptions extends BackendOptions {
  /** Number of classes K, so that there are K − 1 margins. @default 4 */
  readonly classes?: number
  /** τ₊ and τ₋: how fast the bounds close, > 0. @default 0.5 */
  readonly rate?: number
  /** u₊ and u₋: the least margin from which on the bounds must hold. @default 8 */
  readonly from?: number
  /** Greatest least margin to try, above `from`. @default 30 */
  readonly to?: number
  /** How many sets of margins to try for each of 12 least margins. @default 64 */
  readonly draws?: number
  /** Fixes the margins. @default key(0) */
  readonly key?: Key
}

/** What is found of a template's tail. */
export interface ExponentialTail {
  /** Whether both bounds held for all margins tried. */
  readonly holds: boolean
  /** The factor of the tail, −∂ψ/∂uᵢ e^(uᵢ) for large margins; 0, infinite or NaN where there is no such tail. */
  readonly c: number
  /** By how much a bound was missed at worst, relative to c e^(−uᵢ); not above 0, but for rounding, where both hold. */
  readonly excess: number
  /** The margins where that was. */
  readonly margins: readonly number[]
}

const levels = 12
/** By how much margins may exceed the least margin of their level. */
const spread = 10
/** What rounding may do to a derivative, relative to it. */
const rounding = 1e-9

/**
 * Tries whether a template has the multiclass exponential tail, for which gradient descent on separable data tends in
 * direction to the hard-margin classifier. Use it on a template of your own, before you rely on that.
 *
 *     there is c > 0 such that for all margins u with min u > from, and all i:
 *     −∂ψ/∂uᵢ ≤ c (1 + e^(−rate · min u)) e^(−uᵢ)
 *     −∂ψ/∂uᵢ ≥ c (1 − Σⱼ e^(−rate uⱼ)) e^(−uᵢ)
 *
 * The property asks for some rate and some least margin; here they are given, so a slow tail may need other options. It
 * is tried on random margins, some alike and some far apart, in f64, so on a backend that has it. A counterexample is
 * one, up to rounding, while none is no proof. The theorem asks besides for a convex, strictly decreasing, nonnegative
 * and smooth loss, which is not tried.
 *
 * Shapes: template maps [...B, K−1] → [...B].
 * Gradient: none, the result is plain numbers.
 * Source: Ravi, Scott, Soudry, Wang, arXiv 2411.01350 (2024); the wording of the property is UNVERIFIED.
 *
 * @example (await exponentialTail(permTemplates.pairLog)).c // 1.000
 * @example (await exponentialTail(permTemplates.westonWatkins)).c // 0
 */
export async function exponentialTail(
  template: PermTemplate,
  { classes = 4, rate = 0.5, from = 8, to = 30, draws = 64, key = keyOf(0), ...options }: ExponentialTailOptions = {},
): Promise<ExponentialTail> {
  const fn = 'exponentialTail'
  checkCount(fn, 'classes', classes, 2)
  checkCount(fn, 'draws', draws, 2)
  checkPositive(fn, 'rate', rate)
  checkOption(fn, 'from', from, Number.isFinite(from), 'finite')
  checkOption(fn, 'to', to, to > from && Number.isFinite(to), `a finite number greater than from = ${from}`)
  const others = classes - 1
  const margins = marginsOf(others, draws, from, to, key)
  const slope = grad((u: Tensor) => sum(template(u)))(margins)
  const { u, ratio } = await data({ u: margins, ratio: slope.neg().mul(margins.exp()) }, options)

  const rowOf = (values: ArrayLike<number>, row: number): number[] =>
    Array.from({ length: others }, (_, i) => values[row * others + i] as number)
  // The rows of the greatest least margin come last.
  const last = Array.from(ratio).slice(-draws * others)
  const c = last.reduce((total, r) => total + r, 0) / last.length
  if (!(c > 0 && Number.isFinite(c)))
    return { holds: false, c, excess: Number.POSITIVE_INFINITY, margins: rowOf(u, levels * draws - 1) }
  let excess = Number.NEGATIVE_INFINITY
  let worst = 0
  for (let row = 0; row < levels * draws; row++) {
    const at = rowOf(u, row)
    const above = Math.exp(-rate * Math.min(...at))
    const below = at.reduce((total, x) => total + Math.exp(-rate * x), 0)
    for (const r of rowOf(ratio, row)) {
      const missed = Math.max(r / c - 1 - above, 1 - below - r / c)
      // NaN misses both.
      if (missed <= excess) continue
      excess = Number.isNaN(missed) ? Number.POSITIVE_INFINITY : missed
      worst = row
    }
  }
  return { holds: excess <= rounding, c, excess, margins: rowOf(u, worst) }
}

/** Rows of margins, by level: in the first row of each all are alike, in the others they lie anywhere above it. */
function marginsOf(others: number, draws: number, from: number, to: number, key: Key): Tensor {
  const alike = zeros([levels, 1, others], { dtype: 'f64' })
  const apart = uniform(key, [levels, draws - 1, others], { high: spread, dtype: 'f64' })
  const least = linspace(from, to, levels, { dtype: 'f64' }).reshape([levels, 1, 1])
  return concat([alike, apart], { axis: 1 }).add(least).reshape([-1, others])
}
