import {
  arange,
  argSort,
  checkCount,
  checkOption,
  dims,
  sum,
  type Tensor,
  take,
  takeAlong,
  tensor,
  where,
} from '@wengert/core'
import { checkFloats } from '../check.ts'

export interface CyclicHardNegativesOptions {
  /** How far below the positive's score a candidate must be to count as a negative, finite. @default 0.01 */
  readonly beta?: number
  /** Every how many places one is taken, an integer of at least 1. @default 5 */
  readonly stride?: number
  /** How many to choose, an integer of at least 1. @default 10 */
  readonly k?: number
}

/**
 * Places of hard negatives among candidates that a judge has scored, hard ones first yet spread over the whole list.
 * Use it to mine negatives that are neither true answers nor much alike.
 *
 *     kept = candidates with score ≤ positiveScore − beta, the greatest first
 *     chosen = kept at the places 0, stride, 2 stride, …, then 1, 1 + stride, …
 *
 * Where fewer than k are kept they come again in the same order; where none is, all places are −1, and some may be
 * drawn in their stead, e.g. by randomInt.
 *
 * Shapes: scores [...B, N], positiveScores [...B] → i32 [...B, k].
 * Gradient: none.
 * Source: Gu et al., UniME-V2, arXiv 2510.13515 (2025): beta, the interval of five and the repetition; that candidates
 * are ordered by the judge's score is UNVERIFIED. The authors' code does not hold it.
 *
 * @example cyclicHardNegatives(tensor([0.5, 0.95, 0.7, 0.6]), tensor(0.9), { stride: 2, k: 3 }) // 2, 0, 3
 */
export function cyclicHardNegatives(
  scores: Tensor,
  positiveScores: Tensor,
  { beta = 0.01, stride = 5, k = 10 }: CyclicHardNegativesOptions = {},
): Tensor {
  const fn = 'cyclicHardNegatives'
  const { N = 0 } = dims(fn, { scores, positiveScores }, '...B N, ...B')
  checkFloats(fn, { scores, positiveScores })
  checkCount(fn, 'number of candidates', N, 1)
  checkOption(fn, 'beta', beta, Number.isFinite(beta), 'finite')
  checkCount(fn, 'stride', stride, 1)
  checkCount(fn, 'k', k, 1)
  const kept = scores.lessEqual(positiveScores.sub(beta).expandDims(-1))
  const byScore = argSort(where(kept, scores, Number.NEGATIVE_INFINITY), { descending: true })
  const count = sum(kept, { axis: -1 })
  // When each place of that order has its turn: all of one remainder before those of the next.
  const rounds = Math.ceil(N / stride)
  const turns = Int32Array.from({ length: N }, (_, i) => (i % stride) * rounds + Math.floor(i / stride))
  const isKept = arange(N, { dtype: 'i32' }).less(count.expandDims(-1))
  const cycle = argSort(where(isKept, tensor(turns), stride * rounds))
  const repeated = Int32Array.from({ length: (N + 1) * k }, (_, i) => (i % k) % Math.max(1, Math.floor(i / k)))
  const chosen = takeAlong(byScore, takeAlong(cycle, take(tensor(repeated, { shape: [N + 1, k] }), count)))
  return where(count.expandDims(-1).greater(0), chosen, -1)
}
