import { arange, checkCount, type DrawOptions, type Tensor, tensor } from '@wengert/core'

export interface AlibiOptions extends DrawOptions {
  readonly heads: number
  /** Number of queries, L. */
  readonly queryLength: number
  /** Number of keys, S. @default queryLength */
  readonly keyLength?: number
  /** Whether keys behind the query count as far as those before it, for attention that is not causal. @default false */
  readonly symmetric?: boolean
}

/**
 * Slopes of `alibiBias`, one a head: for n heads, a power of 2, those of a geometric sequence from 2^(−8/n) to 2^−8; for other
 * numbers the slopes of the power of 2 below it, then every other one of twice that power.
 *
 * Shapes: → [heads].
 * Source: Press, Smith and Lewis, Train short, test long (2022).
 *
 * @example alibiSlopes(4) // [0.25, 0.0625, 0.015625, 0.00390625]
 */
export function alibiSlopes(heads: number, { dtype = 'f32' }: DrawOptions = {}): Tensor {
  checkCount('alibiSlopes', 'heads', heads, 1)
  const power = 2 ** Math.floor(Math.log2(heads))
  const slopes = Float64Array.from({ length: heads }, (_, h) =>
    h < power ? 2 ** ((-8 * (h + 1)) / power) : 2 ** ((-8 * (2 * (h - power) + 1)) / (2 * power)),
  )
  return tensor(slopes, { dtype })
}

/**
 * Attention with linear biases: what to add to the scores of attention so that far keys count less, in place of position
 * embeddings. Models trained with it read texts longer than those of training.
 *
 *     bias[h, i, j] = slope_h (j − (i + S − L)),  or −slope_h |j − (i + S − L)| if symmetric
 *
 * The last query stands at the last key. Keys behind their query get a bonus, so mask them, with causal, or choose symmetric.
 *
 * Shapes: → [heads, L, S].
 * Source: Press, Smith and Lewis, Train short, test long: attention with linear biases (2022).
 *
 * @example const bias = alibiBias({ heads: 8, queryLength: 16 })
 */
export function alibiBias({
  heads,
  queryLength,
  keyLength = queryLength,
  symmetric = false,
  dtype = 'f32',
}: AlibiOptions): Tensor {
  checkCount('alibiBias', 'heads', heads, 1)
  checkCount('alibiBias', 'queryLength', queryLength, 1)
  checkCount('alibiBias', 'keyLength', keyLength, 1)
  const queryPositions = arange(queryLength, { start: keyLength - queryLength, dtype: 'i32' })
  return slopedDistance(alibiSlopes(heads, { dtype }), queryPositions, arange(keyLength, { dtype: 'i32' }), symmetric)
}

/** slopes [H], positions i32 [L] and [S] → [H, L, S]. */
export function slopedDistance(
  slopes: Tensor,
  queryPositions: Tensor,
  keyPositions: Tensor,
  symmetric: boolean,
): Tensor {
  const ahead = keyPositions.sub(queryPositions.expandDims(-1)).cast(slopes.dtype)
  return slopes.reshape([-1, 1, 1]).mul(symmetric ? ahead.abs().neg() : ahead)
}
