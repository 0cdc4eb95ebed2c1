import {
  checkOption,
  customVjp,
  maximum,
  minimum,
  sigmoid,
  sign,
  softplus,
  stopGradient,
  sum,
  type Tensor,
  where,
  zerosLike,
} from '@wengert/core'
import { checkChoice } from '../check.ts'
import { type CrossCounts, crossCounts } from './crossCounts.ts'
import type { PairMasks } from './pairs.ts'

// Triplets (a, p, n) are B · B · B, and none of the lines here that have this shape is read twice, so that all are
// computed within a sum and never stored.

/** What a hinge over triplets, or a softer one, sums to, and how many hinges are greater than 0. */
export interface TripletSums {
  readonly total: Tensor
  readonly count: Tensor
}

/** Which triplets to take by the gap d_an − d_ap. */
export interface TripletMining {
  /** @default 0.2 */
  readonly margin?: number
  /** 'all': gaps up to the margin; of these 'hard' ones up to 0, and 'semihard' ones above; 'easy' ones above the margin. @default 'all' */
  readonly type?: 'all' | 'hard' | 'semihard' | 'easy'
}

/** A tensor made anew at each call, so that each kernel that reads it computes it for itself. */
type Cube = () => Tensor

/** Gaps greater than the first number and up to the second. */
export type Gaps = readonly [number, number]

const kinds: Readonly<Record<NonNullable<TripletMining['type']>, (margin: number) => Gaps>> = {
  all: (margin) => [Number.NEGATIVE_INFINITY, margin],
  hard: () => [Number.NEGATIVE_INFINITY, 0],
  semihard: (margin) => [0, margin],
  easy: (margin) => [margin, Number.POSITIVE_INFINITY],
}

const anyGap: Gaps = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

/** Which gaps are chosen, checked in the name of a function. */
export function gapsOf(fn: string, mining: TripletMining | undefined): Gaps {
  const { type = 'all', margin = 0.2 } = mining ?? {}
  checkChoice(fn, 'type', type, kinds)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  return mining ? kinds[type](margin) : anyGap
}

/** Whether (a, p, n) are a triplet of those pairs and of such a gap, bool [B, B, B]; anew at each call. */
export function triplets(far: Tensor, { positive, negative }: PairMasks, gaps: Gaps): Cube {
  const all = (): Tensor => positive.expandDims(2).and(negative.expandDims(1))
  const gap = (): Tensor => far.expandDims(1).sub(far.expandDims(2))
  return () => (gaps === anyGap ? all() : all().and(gap().greater(gaps[0])).and(gap().lessEqual(gaps[1])))
}

/** How many triplets of pairs have such a gap, as a float like the distances. */
export function countOf(pairs: PairMasks, gaps: Gaps, far: Tensor): Tensor {
  const float = (count: Tensor): Tensor => sum(count, { axis: 1 }).cast(far.dtype)
  if (gaps === anyGap) return sum(float(pairs.positive).mul(float(pairs.negative)))
  return sum(float(gapsUpTo(far, pairs, gaps[1]).below).sub(float(gapsUpTo(far, pairs, gaps[0]).below)))
}

/**
 * Σ [d_ap − d_an + margin]₊ over the triplets of pairs with such gaps, in the time of sorting the rows of d. Between its kinks the sum is
 * linear in the distances, each as often as it has hinges above 0.
 */
export function hingeSums(far: Tensor, pairs: PairMasks, margin: number, [low, high]: Gaps): TripletSums {
  const { positive, negative } = pairs
  const upper = margin <= high ? gapsBelow(far, pairs, margin) : gapsUpTo(far, pairs, high)
  const lower = low === Number.NEGATIVE_INFINITY ? null : gapsUpTo(far, pairs, low)
  const within = (side: keyof CrossCounts): Tensor => {
    const count = upper[side].cast(far.dtype)
    if (low >= Math.min(margin, high)) return zerosLike(count)
    return lower ? count.sub(lower[side].cast(far.dtype)) : count
  }
  const asPositive = within('below')
  const slopes = where(positive.or(negative), asPositive.sub(within('above')).mul(far), 0)
  const counts = sum(asPositive, { axis: 1 })
  return { total: sum(sum(slopes, { axis: 1 }).add(counts.mul(margin))), count: sum(counts) }
}

/** How many negatives of each positive pair have a gap less than a number, and how many positives of each negative one. */
function gapsBelow(far: Tensor, { positive, negative }: PairMasks, most: number): CrossCounts {
  const d = stopGradient(far)
  return crossCounts(d.add(most), positive, d, negative)
}

/** The same for gaps up to a number, that included: all but those whose negative is farther. */
function gapsUpTo(far: Tensor, { positive, negative }: PairMasks, most: number): CrossCounts {
  const d = stopGradient(far)
  const { below, above } = crossCounts(d, negative, d.add(most), positive)
  const all = (mask: Tensor): Tensor => sum(mask, { axis: 1, keepDims: true })
  return {
    below: where(positive, all(negative).sub(above), 0),
    above: where(negative, all(positive).sub(below), 0),
  }
}

export interface TripletTerm {
  readonly margin: number
  /** softplus in place of the hinge. */
  readonly smooth: boolean
  /** The lesser of d_an and d_pn in place of d_an. */
  readonly swap: boolean
}

/** The same for further terms, and of chosen triplets alone, in the time of visiting each. */
export function tripletSums(far: Tensor, chosen: Cube, { margin, smooth, swap }: TripletTerm): TripletSums {
  const cube = (d: Tensor): { ap: Tensor; an: Tensor; pn: Tensor } => ({
    ap: d.expandDims(2),
    an: d.expandDims(1),
    pn: d.expandDims(0),
  })
  const violation = (d: Tensor): Tensor => {
    const { ap, an, pn } = cube(d)
    return ap.sub(swap ? minimum(an, pn) : an).add(margin)
  }
  const over = (axis: number | readonly number[], terms: Tensor): Tensor => sum(where(chosen(), terms, 0), { axis })
  // For memory: the derivative by each of two axes is a sum of its own over the other, and nothing of three axes is kept.
  const sums = customVjp(
    (d: Tensor) => over([1, 2], smooth ? softplus(violation(d)) : maximum(violation(d), 0)),
    (g, _, d) => {
      const { an, pn } = cube(d)
      const byAnchor = g.expandDims(1)
      const slope = (): Tensor => (smooth ? sigmoid(violation(d)) : violation(d).greater(0).cast(d.dtype))
      const shareOf = (a: Tensor, b: Tensor): Tensor => sign(b.sub(a)).add(1).mul(0.5)
      const byPositive = over(2, slope())
      const byNegative = over(1, swap ? slope().mul(shareOf(an, pn)) : slope())
      const own = byAnchor.mul(byPositive.sub(byNegative))
      if (!swap) return [own]
      return [own.sub(over(0, slope().mul(shareOf(pn, an)).mul(byAnchor.expandDims(2))))]
    },
  )(far)
  const active = sum(chosen().and(violation(stopGradient(far)).greater(0)), { axis: [1, 2] })
  return { total: sum(sums), count: sum(active.cast(far.dtype)) }
}
