import {
  checkCount,
  checkOption,
  dims,
  floor,
  sort,
  stopGradient,
  sum,
  type Tensor,
  takeAlong,
  where,
} from '@wengert/core'
import { checkFloats } from '../check.ts'

export interface BoxWhiskerOptions {
  /** How far beyond the quartiles values may lie, in distances between these, at least 0. @default 1.5 */
  readonly whisker?: number
  /** Which values there are, bool [...S, N]; the others are not kept. @default all */
  readonly mask?: Tensor
}

/**
 * Which values of a list are no outliers, as a box plot has them. Use it to leave out what is too easy and what is likely wrong.
 *
 *     Q₁ = the value at place ⌊L / 4⌋ of the L values in ascending order, Q₃ = that at ⌊3L / 4⌋
 *     kept = Q₁ − whisker (Q₃ − Q₁) ≤ value ≤ Q₃ + whisker (Q₃ − Q₁)
 *
 * Places are counted from 0, and nothing is interpolated.
 *
 * Shapes: values [...S, N] → bool [...S, N].
 * Gradient: none.
 * Source: Jung et al., arXiv 2203.11593 (2022), as the authors' code has it; the paper's symbols are UNVERIFIED.
 *
 * @example boxWhiskerFilter(tensor([1, 2, 9, 3, 2])) // 1, 1, 0, 1, 1
 */
export function boxWhiskerFilter(values: Tensor, { whisker = 1.5, mask }: BoxWhiskerOptions = {}): Tensor {
  const fn = 'boxWhiskerFilter'
  const { N } = mask ? dims(fn, { values, mask }, '...S N, ...S N') : dims(fn, { values }, '...S N')
  checkFloats(fn, { values })
  checkCount(fn, 'number of values', N as number, 1)
  checkOption(fn, 'whisker', whisker, whisker >= 0, 'at least 0')
  const x = stopGradient(values)
  const there = mask ?? x.equal(x)
  const sorted = sort(where(there, x, Number.POSITIVE_INFINITY))
  const count = sum(there.cast(x.dtype), { axis: -1, keepDims: true })
  const quartile = (share: number): Tensor => takeAlong(sorted, floor(count.mul(share)).cast('i32'))
  const [low, high] = [quartile(0.25), quartile(0.75)]
  const slack = high.sub(low).mul(whisker)
  return there.and(x.greaterEqual(low.sub(slack))).and(x.lessEqual(high.add(slack)))
}
