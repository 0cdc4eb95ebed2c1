import { arange, checkDType, dims, type Key, matmul, softmax, type Tensor, where } from '@wengert/core'
import { dropout } from '../dropout.ts'
import { attentionMask, bothMasks, checkWindow, type VisibilityOptions } from './attentionMask.ts'
import { checkPairs } from './pairs.ts'

export interface AttentionOptions extends VisibilityOptions {
  /** bool, broadcast to [...B, L, S]: true where a query may see a key. @default everywhere */
  readonly mask?: Tensor
  /** Added to the scores, broadcast to [...B, L, S]; −∞ hides a key. @default 0 */
  readonly bias?: Tensor
  /** Factor on the inner products. @default 1 / √D */
  readonly scale?: number
}

/** Dropout of attention weights while training. */
export interface AttentionDropoutOptions {
  /** Probability of dropping a weight, in [0, 1). @default 0 */
  readonly dropout?: number
  /** Which weights are dropped; none without a key. */
  readonly key?: Key
}

/**
 * How much each query takes of each key: the softmax of their scaled inner products. A query that may see no key has weights 0.
 *
 *     W = softmax(Q Kᵀ · scale + bias),  with −∞ where a pair is masked
 *
 * With causal or window the last query stands at the last key, so query i has position i + S − L.
 *
 * Shapes: queries [...B, L, D], keys [...B, S, D] → [...B, L, S].
 * Source: Vaswani et al., Attention is all you need (2017).
 *
 * @example attentionWeights(zeros([2, 3]), zeros([2, 3]), { causal: true }) // [1, 0, 0.5, 0.5]
 */
export function attentionWeights(queries: Tensor, keys: Tensor, options: AttentionOptions = {}): Tensor {
  dims('attentionWeights', { queries, keys }, '...B L D, ...B S D')
  return weigh('attentionWeights', queries, keys, options)
}

/**
 * Scaled dot-product attention: each query gets an average of the values, weighted by how well its key fits. Use it to build
 * attention of your own; `multiHeadAttention` is the layer.
 *
 *     y = softmax(Q Kᵀ · scale + bias) V,  with −∞ where a pair is masked
 *
 * A pair is masked by `mask`, by a bias of −∞, by `causal` or by `window`. A query that may see no key gets 0, and passes no
 * gradient on. With causal or window the last query stands at the last key: query i has position i + S − L.
 *
 * Shapes: queries [...B, L, D], keys [...B, S, D], values [...B, S, E] → [...B, L, E]. Heads are one of the axes B.
 * Source: Vaswani et al., Attention is all you need (2017); windows as in Beltagy et al., Longformer (2020).
 *
 * @example
 * const [queries, keys, values] = split(key(0), 3).map((k) => normal(k, [2, 5, 4])) // of a batch of 2
 * const y = scaledDotProductAttention(queries, keys, values, { causal: true })
 */
export function scaledDotProductAttention(
  queries: Tensor,
  keys: Tensor,
  values: Tensor,
  { dropout: rate = 0, key, ...options }: AttentionOptions & AttentionDropoutOptions = {},
): Tensor {
  const fn = 'scaledDotProductAttention'
  dims(fn, { queries, keys, values }, '...B L D, ...B S D, ...B S E')
  const weights = weigh(fn, queries, keys, options)
  return matmul(rate > 0 && key ? dropout({ rate }).apply([], weights, { key }) : weights, values)
}

function weigh(
  fn: string,
  queries: Tensor,
  keys: Tensor,
  { mask, bias, causal = false, window, scale }: AttentionOptions,
): Tensor {
  checkDType(fn, 'queries', queries, 'float')
  checkDType(fn, 'keys', keys, 'float')
  checkWindow(fn, window)
  const [length, features] = queries.shape.slice(-2) as [number, number]
  const keyLength = keys.shape.at(-2) as number
  const pairs = [...queries.shape.slice(0, -1), keyLength]
  checkPairs(fn, pairs, mask, bias)
  const products = matmul(queries.mul(scale ?? 1 / Math.sqrt(features)), keys.transpose())
  const scores = bias ? products.add(bias) : products
  const placed = attentionMask(
    arange(length, { start: keyLength - length, dtype: 'i32' }),
    arange(keyLength, { dtype: 'i32' }),
    { causal, ...(window !== undefined && { window }) },
  )
  const visible = bothMasks(placed, mask)
  return softmax(visible ? where(visible, scores, Number.NEGATIVE_INFINITY) : scores)
}
