import {
  arange,
  argSort,
  concat,
  cumSum,
  scatterAdd,
  sizeOf,
  sum,
  type Tensor,
  takeAlong,
  where,
  zeros,
} from '@wengert/core'

/** How many elements of one set lie below each of another, and the other way round. */
export interface CrossCounts {
  /** For each of the first set, how many of the second are less; 0 elsewhere. i32 [...B, N]. */
  readonly below: Tensor
  /** For each of the second set, how many of the first are greater; 0 elsewhere. i32 [...B, N]. */
  readonly above: Tensor
}

/**
 * Counts over all pairs of the elements of u that are in one set and those of v that are in another, [...B, N] each, by sorting:
 * without the N · N comparisons. Equal ones count as neither less nor greater.
 */
export function crossCounts(u: Tensor, first: Tensor, v: Tensor, second: Tensor): CrossCounts {
  const n = u.shape.at(-1) as number
  const batch = u.shape.slice(0, -1)
  const out = Number.POSITIVE_INFINITY
  // Stable, so of equal ones those of u come first.
  const order = argSort(concat([where(first, u, out), where(second, v, out)], { axis: -1 }))
  const member = takeAlong(concat([first, second], { axis: -1 }), order)
  const ofSecond = order.greaterEqual(n)
  const before = where(ofSecond, cumSum(member.and(ofSecond.not())), cumSum(member.and(ofSecond)))
  const counts = inPlaceOf(order, before)
  const half = (from: number): Tensor => counts.slice([...batch.map(() => 0), from], [...batch, from + n])
  const total = sum(first, { axis: -1, keepDims: true })
  return { below: where(first, half(0), 0), above: where(second, total.sub(half(n)), 0) }
}

/** Undoes a sort along the last axis: y[…, order[…, j]] = x[…, j]. */
function inPlaceOf(order: Tensor, x: Tensor): Tensor {
  const size = sizeOf(order.shape)
  const starts = arange(size, { dtype: 'i32' }).reshape(order.shape)
  const column = arange(order.shape.at(-1) as number, { dtype: 'i32' })
  const places = starts.sub(column).add(order).reshape([size])
  return scatterAdd(zeros([size], { dtype: x.dtype }), places, x.reshape([size])).reshape(x.shape)
}
