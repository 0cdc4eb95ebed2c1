import { split, type Tensor, ValueError } from '@wengert/core'
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

/** Parameters of `transformerDecoderBlock`, named as in PyTorch's TransformerDecoderLayer. */
export type TransformerDecoderParams<
  Bias extends boolean = true,
  Norm extends BlockNorm = 'layerNorm',
> = FeedForwardParams<Bias> & {
  readonly self_attn: MultiHeadAttentionParams<Bias>
  readonly multihead_attn: MultiHeadAttentionParams<Bias>
  readonly norm1: BlockNormParams<Bias, Norm>
  readonly norm2: BlockNormParams<Bias, Norm>
  readonly norm3: BlockNormParams<Bias, Norm>
}

/** What a decoder block is told beside its input: the memory, always; mask and bias are those of its self-attention. */
export interface DecoderContext extends AttentionContext {
  /** bool, broadcast to [...B, H, L, S]: true where a query may see a row of the memory. @default everywhere */
  readonly memoryMask?: Tensor
}

export interface TransformerDecoderBlock<Bias extends boolean = true, Norm extends BlockNorm = 'layerNorm'>
  extends Layer<TransformerDecoderParams<Bias, Norm>> {
  /** Throws a ValueError without a memory in the context. */
  apply(params: TransformerDecoderParams<Bias, Norm>, x: Tensor, context?: DecoderContext): Tensor
  /** A cache to start from, of self-attention alone. */
  cache(options: CacheOptions): KeyValueCache
  /** The output for what follows the positions in the cache, and the cache with those added; see `multiHeadAttention`. */
  step(
    params: TransformerDecoderParams<Bias, Norm>,
    x: Tensor,
    cache: KeyValueCache,
    context?: DecoderContext,
  ): [y: Tensor, cache: KeyValueCache]
}

/**
 * Transformer block of self-attention, attention to the output of an encoder, and two dense layers, each added to its input.
 * Use it for translation and the like, with the encoder's output as the memory in the context; language models without one
 * are made of `transformerEncoderBlock`.
 *
 *     post: x₁ = norm₁(x + self(x)),   x₂ = norm₂(x₁ + cross(x₁, memory)),   y = norm₃(x₂ + W₂ activation(W₁ x₂))
 *     pre:  x₁ = x + self(norm₁(x)),   x₂ = x₁ + cross(norm₂(x₁), memory),   y = x₂ + W₂ activation(W₁ norm₃(x₂))
 *
 * Self-attention is causal unless told otherwise, and options of attention such as rotary, alibi and window are for it alone.
 *
 * Shapes: x [...B, L, E], memory [...B, S, E] → [...B, L, E].
 * Source: Vaswani et al., Attention is all you need (2017); Xiong et al., On layer normalization in the transformer
 * architecture (2020), for pre.
 *
 * @example
 * const block = transformerDecoderBlock({ features: 8, heads: 2 })
 * const y = block.apply(block.init(key(0)), ones([2, 5, 8]), { memory: ones([2, 7, 8]) })
 */
export function transformerDecoderBlock<Bias extends boolean = true, Norm extends BlockNorm = 'layerNorm'>(
  options: TransformerBlockOptions<Bias, Norm>,
): TransformerDecoderBlock<Bias, Norm> {
  const fn = 'transformerDecoderBlock'
  const { linear1, linear2, norm, add, feedForward } = sublayers(fn, options)
  const { causal = true, window: _window, rotary: _rotary, alibi: _alibi, ...plain } = options
  const own = multiHeadAttention({ ...options, causal })
  const cross = multiHeadAttention({ ...plain, causal: false })

  const run = (
    params: TransformerDecoderParams<Bias, Norm>,
    x: Tensor,
    context: DecoderContext,
    attend: (x: Tensor, context: Omit<AttentionContext, 'memory'>) => Tensor,
  ): Tensor => {
    const { memory, memoryMask, mask, bias } = context
    if (!memory)
      throw new ValueError(
        `${fn}: context.memory must be a tensor, got ${memory}. Give it the output of the encoder, or take transformerEncoderBlock.`,
      )
    const seen = { ...(mask && { mask }), ...(bias && { bias }), ...keyed(partKey(context, 0)) }
    const known = { memory, ...(memoryMask && { mask: memoryMask }), ...keyed(partKey(context, 1)) }
    const x1 = add(params.norm1, x, (x) => attend(x, seen), partKey(context, 2))
    const x2 = add(params.norm2, x1, (x) => cross.apply(params.multihead_attn, x, known), partKey(context, 3))
    return add(params.norm3, x2, (x) => feedForward(params, x, partKey(context, 4)), partKey(context, 5))
  }

  return {
    init(key) {
      const [first = key, second = key, third = key, fourth = key] = split(key, 4)
      return {
        self_attn: own.init(first),
        multihead_attn: cross.init(second),
        linear1: linear1.init(third),
        linear2: linear2.init(fourth),
        norm1: norm.init(key),
        norm2: norm.init(key),
        norm3: norm.init(key),
      }
    },
    apply: (params, x, context = {}) => run(params, x, context, (x, seen) => own.apply(params.self_attn, x, seen)),
    cache: (given) => own.cache(given),
    step(params, x, cache, context = {}) {
      let filled = cache
      const y = run(params, x, context, (x, seen) => {
        const [out, next] = own.step(params.self_attn, x, cache, seen)
        filled = next
        return out
      })
      return [y, filled]
    },
  }
}
