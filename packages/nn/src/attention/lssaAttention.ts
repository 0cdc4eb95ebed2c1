import { arange, checkDType, dims, full, matmul, maximum, norm, softplus, sum, type Tensor, where } from '@wengert/core'
import { attentionMask, bothMasks, checkWindow, type VisibilityOptions } from './attentionMask.ts'
import { checkPairs } from './pairs.ts'

export interface LssaOptions extends VisibilityOptions {
  /** Whether a query sees no key that stands behind it. @default true */
  readonly causal?: boolean
  /** bool, broadcast to [...B, L, S]: true where a query may see a key. @default everywhere */
  readonly mask?: Tensor
}

/**
 * Length-scaled softplus attention: weights of the cosines of queries and keys, scaled by how many keys a query sees, through
 * softplus instead of the exponential. Use it in place of scaledDotProductAttention where a model meets longer inputs than it
 * was trained on; `lssarAttention` sharpens it, which it needs for long ones.
 *
 *     A = softplus(log D · log Nᵢ · cos(qᵢ, kⱼ)) where i sees j, else 0,   W = A / Σⱼ A,   y = W v
 *
 * with Nᵢ the number of keys that query i sees. Scores stay within ±log D · log Nᵢ, so weights in a row have a bounded ratio. A
 * query that sees no key gets 0. With causal or window the last query stands at the last key: query i has position i + S − L.
 *
 * Shapes: q [...B, L, D], k [...B, S, D], v [...B, S, E] → [...B, L, E]. Heads are one of the axes B.
 * Source: Gao, Spratling, Gionfrida, arXiv 2501.13428 (v5, 2026), as quoted by others; without the 1e-8 that other implementations
 * add to the sum, which cannot vanish. What the authors' own code does is UNVERIFIED.
 *
 * @example lssaAttention(ones([3, 2]), ones([3, 2]), tensor([[2], [4], [9]])) // [2, 3, 5]
 */
export function lssaAttention(q: Tensor, k: Tensor, v: Tensor, options: LssaOptions = {}): Tensor {
  return matmul(lssaWeights('lssaAttention', q, k, v, options).weights, v)
}

/** Weights [...B, L, S], and how many keys each query sees, at least 1, which broadcasts to them. */
export function lssaWeights(
  fn: string,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { causal = true, window, mask }: LssaOptions,
): { readonly weights: Tensor; readonly seen: Tensor } {
  for (const [name, x] of Object.entries({ q, k, v })) checkDType(fn, name, x, 'precise')
  checkWindow(fn, window)
  const { L = 0, S = 0, D = 0 } = dims(fn, { q, k, v }, '...B L D, ...B S D, ...B S E')
  checkPairs(fn, [...q.shape.slice(0, -1), S], mask, undefined)
  const placed = attentionMask(arange(L, { start: S - L, dtype: 'i32' }), arange(S, { dtype: 'i32' }), {
    causal,
    ...(window !== undefined && { window }),
  })
  const visible = bothMasks(placed, mask)
  const count = visible ? sum(visible.cast(q.dtype), { axis: -1, keepDims: true }) : full([1, 1], S, { dtype: q.dtype })
  const seen = maximum(count, 1)
  const all = softplus(matmul(unit(q), unit(k).transpose()).mul(seen.log().mul(Math.log(D))))
  const kept = visible ? where(visible, all, 0) : all
  const total = sum(kept, { axis: -1, keepDims: true })
  return { weights: kept.div(where(total.equal(0), 1, total)), seen }
}

/** Rows of length 1; those of length 0 stay. */
function unit(x: Tensor): Tensor {
  return x.div(maximum(norm(x, { axis: -1, keepDims: true }), 1e-12))
}
