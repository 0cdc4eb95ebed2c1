import { split, type Tensor } from '@wengert/core'
import {
  type AttentionContext,
  type CacheOptions,
  type KeyValueCache,
  type MultiHeadAttentionParams,
  multiHeadAttention,
} from '../attention/multiHeadAttention.ts'
import type { Layer } from '../layer.ts'
import {
  type BlockNorm,
  type BlockNormParams,
  type FeedForwardParams,
  keyed,
  partKey,
  sublayers,
  type TransformerBlockOptions,
} from './sublayers.ts'

/** Parameters of `transformerEncoderBlock`, named as in PyTorch's TransformerEncoderLayer. */
export type TransformerEncoderParams<
  Bias extends boolean = true,
  Norm extends BlockNorm = 'layerNorm',
> = FeedForwardParams<Bias> & {
  readonly self_attn: MultiHeadAttentionParams<Bias>
  readonly norm1: BlockNormParams<Bias, Norm>
  readonly norm2: BlockNormParams<Bias, Norm>
}

/** What an encoder block is told beside its input: mask and bias are those of its attention. */
export type EncoderContext = Omit<AttentionContext, 'memory'>

export interface TransformerEncoderBlock<Bias extends boolean = true, Norm extends BlockNorm = 'layerNorm'>
  extends Layer<TransformerEncoderParams<Bias, Norm>> {
  apply(params: TransformerEncoderParams<Bias, Norm>, x: Tensor, context?: EncoderContext): Tensor
  /** A cache to start from. */
  cache(options: CacheOptions): KeyValueCache
  /** The output for what follows the positions in the cache, and the cache with those added; see `multiHeadAttention`. */
  step(
    params: TransformerEncoderParams<Bias, Norm>,
    x: Tensor,
    cache: KeyValueCache,
    context?: EncoderContext,
  ): [y: Tensor, cache: KeyValueCache]
}

/**
 * Transformer block of self-attention and two dense layers, each added to its input. With causal it is the block of language
 * models, which have no encoder beside them; `step` generates with a cache.
 *
 *     post: x₁ = norm₁(x + attention(x)),   y = norm₂(x₁ + W₂ activation(W₁ x₁))
 *     pre:  x₁ = x + attention(norm₁(x)),   y = x₁ + W₂ activation(W₁ norm₂(x₁))
 *
 * Options of attention, such as rotary, keyValueHeads and window, are handed on. Defaults are those of PyTorch, whose norm_first
 * is `norm: 'pre'`. Many language models of today have `normalization: 'rmsNorm'` and `bias: false`.
 *
 * Shapes: x [...B, L, E] → [...B, L, E].
 * Source: Vaswani et al., Attention is all you need (2017); Xiong et al., On layer normalization in the transformer
 * architecture (2020), for pre.
 *
 * @example
 * const block = transformerEncoderBlock({ features: 8, heads: 2, causal: true, norm: 'pre', activation: gelu })
 * const y = block.apply(block.init(key(0)), ones([2, 5, 8]))
 */
export function transformerEncoderBlock<Bias extends boolean = true, Norm extends BlockNorm = 'layerNorm'>(
  options: TransformerBlockOptions<Bias, Norm>,
): TransformerEncoderBlock<Bias, Norm> {
  const { linear1, linear2, norm, add, feedForward } = sublayers('transformerEncoderBlock', options)
  const attention = multiHeadAttention(options)

  const run = (
    params: TransformerEncoderParams<Bias, Norm>,
    x: Tensor,
    context: EncoderContext,
    attend: (x: Tensor, context: EncoderContext) => Tensor,
  ): Tensor => {
    const { key: _, memory: __, ...rest } = context as AttentionContext
    const seen = { ...rest, ...keyed(partKey(context, 0)) }
    const y = add(params.norm1, x, (x) => attend(x, seen), partKey(context, 1))
    return add(params.norm2, y, (x) => feedForward(params, x, partKey(context, 2)), partKey(context, 3))
  }

  return {
    init(key) {
      const [first = key, second = key, third = key] = split(key, 3)
      return {
        self_attn: attention.init(first),
        linear1: linear1.init(second),
        linear2: linear2.init(third),
        norm1: norm.init(key),
        norm2: norm.init(key),
      }
    },
    apply: (params, x, context = {}) =>
      run(params, x, context, (x, seen) => attention.apply(params.self_attn, x, seen)),
    cache: (given) => attention.cache(given),
    step(params, x, cache, context = {}) {
      let filled = cache
      const y = run(params, x, context, (x, seen) => {
        const [out, next] = attention.step(params.self_attn, x, cache, seen)
        filled = next
        return out
      })
      return [y, filled]
    },
  }
}
