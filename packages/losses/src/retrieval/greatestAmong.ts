import { type Tensor, takeAlong, topK, where } from '@wengert/core'

/** Greatest elements of each row among some. */
export interface Greatest {
  /** In descending order, [...B, k], or fewer if rows are shorter. */
  readonly values: Tensor
  /** Whether there is such an element, bool. */
  readonly there: Tensor
}

/** The k greatest elements of x [...B, N] of those that a mask, bool [...B, N], tells. */
export function greatestAmong(x: Tensor, mask: Tensor, k: number): Greatest {
  const { indices } = topK(where(mask, x, Number.NEGATIVE_INFINITY), Math.min(k, x.shape.at(-1) as number))
  return { values: takeAlong(x, indices), there: takeAlong(mask, indices) }
}
