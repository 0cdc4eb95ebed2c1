import { checkCount, checkOption, matmul, max, relu, stopGradient, sum, type Tensor, where } from '@wengert/core'
import { type LssaOptions, lssaWeights } from './lssaAttention.ts'

export interface LssarOptions extends LssaOptions {
  /** Power that weights above the threshold are raised to, ≥ 1. The paper takes 15 for long inputs, and 3 where inputs stay as long as in training. @default 15 */
  readonly p?: number
  /** How many times the mean weight of its row a weight must exceed, ≥ 0. @default 1 */
  readonly offset?: number
  /** A query of causal attention that sees at most this many keys has no threshold. @default 3 */
  readonly warmRows?: number
}

/**
 * Length-scaled softplus attention with re-weighting: of the weights of `lssaAttention` only those above the mean of their row
 * count, and the greater the more. Use it in place of scaledDotProductAttention where a model meets inputs many times as long
 * as those it was trained on: however many keys there are that do not matter, they get the weight 0. Compare it with softmax and a
 * scale proportional to log N, which is the simpler remedy and does at least as well where one key is to be found among many.
 *
 *     T = relu(N · W − offset),   y = Σⱼ Tⱼᵖ vⱼ / Σⱼ Tⱼᵖ
 *
 * with W and N of `lssaAttention`, so that N · W has the mean 1. As p grows, all weight goes to the nearest key. Where all weights of a row
 * are equal, none is above its mean: the output is 0 and there is no gradient. Rounding must not decide that, so a row of which nothing
 * exceeds the threshold by 1e-12 in f64, or 1e-6 in f32, counts as such.
 *
 * Shapes: q [...B, L, D], k [...B, S, D], v [...B, S, E] → [...B, L, E]. Heads are one of the axes B.
 * Source: Gao, Spratling, Gionfrida, arXiv 2501.13428 (v5, 2026), as quoted by others. The number of rows without a threshold is
 * UNVERIFIED in the authors' code.
 *
 * @example lssarAttention(tensor([[1, 0]]), tensor([[1, 0], [0, 1]]), tensor([[5], [7]]), { causal: false }) // [5]
 */
export function lssarAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { p = 15, offset = 1, warmRows = 3, ...options }: LssarOptions = {},
): Tensor {
  const fn = 'lssarAttention'
  checkOption(fn, 'p', p, p >= 1 && p < Number.POSITIVE_INFINITY, 'at least 1 and finite')
  checkOption(fn, 'offset', offset, offset >= 0 && offset < Number.POSITIVE_INFINITY, 'at least 0 and finite')
  checkCount(fn, 'warmRows', warmRows, 0)
  const { weights, seen } = lssaWeights(fn, q, k, v, options)
  const threshold = options.causal === false ? offset : where(seen.lessEqual(warmRows), 0, offset).cast(q.dtype)
  const above = relu(weights.mul(seen).sub(threshold))
  // The quotient does not depend on the scale, and powers of numbers up to 1 cannot overflow, nor all vanish.
  const top = stopGradient(max(above, { axis: -1, keepDims: true }))
  const some = top.greaterEqual(q.dtype === 'f64' ? 1e-12 : 1e-6)
  const powers = above.div(where(some, top, 1)).pow(p)
  const total = sum(powers, { axis: -1, keepDims: true })
  return matmul(where(some, powers.div(where(some, total, 1)), 0), v)
}
