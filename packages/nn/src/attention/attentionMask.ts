import { checkCount, type Tensor } from '@wengert/core'

/** Which keys a query may see by position alone. */
export interface VisibilityOptions {
  /** Whether a query sees no key that stands behind it. @default false */
  readonly causal?: boolean
  /** How far a query sees: only keys at a distance of less than this many positions, 1 being its own. @default all */
  readonly window?: number
}

/**
 * bool [L, S]: whether the query at position i may see the key at position j; undefined if all may see all.
 *
 *     causal: j ≤ i    window: |i − j| < window
 */
export function attentionMask(
  queryPositions: Tensor,
  keyPositions: Tensor,
  { causal = false, window }: VisibilityOptions,
): Tensor | undefined {
  const ahead = keyPositions.sub(queryPositions.expandDims(-1))
  const past = causal ? ahead.lessEqual(0) : undefined
  if (window === undefined) return past
  const near = (causal ? ahead.neg() : ahead.abs()).less(window)
  return past ? past.and(near) : near
}

export function checkWindow(fn: string, window: number | undefined): void {
  if (window !== undefined) checkCount(fn, 'window', window, 1)
}

/** Both masks, where they are given. */
export function bothMasks(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a && b ? a.and(b) : (a ?? b)
}
