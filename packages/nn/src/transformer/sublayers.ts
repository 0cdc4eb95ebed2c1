import { checkCount, checkOption, fold, type Key, relu, type Tensor } from '@wengert/core'
import type { MultiHeadAttentionOptions } from '../attention/multiHeadAttention.ts'
import { type DenseParams, dense } from '../dense.ts'
import { dropout } from '../dropout.ts'
import type { Activation, Context, Layer } from '../layer.ts'
import type { AffineParams } from '../norm/affine.ts'
import { layerNorm } from '../norm/layerNorm.ts'
import { rmsNorm } from '../norm/rmsNorm.ts'

/** Which normalization a block has. */
export type BlockNorm = 'layerNorm' | 'rmsNorm'

export interface TransformerBlockOptions<Bias extends boolean = true, Norm extends BlockNorm = 'layerNorm'>
  extends Omit<MultiHeadAttentionOptions<Bias>, 'bias'> {
  /** Whether attention, dense layers and layerNorm add biases. @default true */
  readonly bias?: Bias
  /** Number of features between the two dense layers. @default 4 · features */
  readonly hidden?: number
  /** Between the two dense layers. @default relu */
  readonly activation?: Activation
  /**
   * Where layers are normalized: `pre`, before each of them, with which deep models train better, and which wants one more
   * layerNorm behind the last block; or `post`, after each has been added. @default 'post', as in PyTorch
   */
  readonly norm?: 'pre' | 'post'
  /** With what layers are normalized. @default 'layerNorm' */
  readonly normalization?: Norm
  /** Probability of dropping attention weights, hidden features, and outputs before they are added. @default 0 */
  readonly dropout?: number
}

/** The two dense layers of a block, named as in PyTorch. */
export type FeedForwardParams<Bias extends boolean = true> = {
  readonly linear1: DenseParams<Bias>
  readonly linear2: DenseParams<Bias>
}

/** Parameters of a block's normalization. */
export type BlockNormParams<Bias extends boolean = true, Norm extends BlockNorm = 'layerNorm'> = AffineParams<
  true,
  Norm extends 'rmsNorm' ? false : Bias
>

/** What a block is made of beside its attention. */
export interface Sublayers<Bias extends boolean, Norm extends BlockNorm> {
  readonly linear1: Layer<DenseParams<Bias>>
  readonly linear2: Layer<DenseParams<Bias>>
  readonly norm: Layer<BlockNormParams<Bias, Norm>>
  /** x with f added, normalized before or after. */
  add(norm: BlockNormParams<Bias, Norm>, x: Tensor, f: (x: Tensor) => Tensor, key: Key | undefined): Tensor
  feedForward(params: FeedForwardParams<Bias>, x: Tensor, key: Key | undefined): Tensor
}

export function sublayers<Bias extends boolean, Norm extends BlockNorm>(
  fn: string,
  options: TransformerBlockOptions<Bias, Norm>,
): Sublayers<Bias, Norm> {
  const { features, hidden = 4 * features, activation = relu, norm: place = 'post' } = options
  const { dropout: rate = 0, bias = true as Bias, normalization = 'layerNorm', weightInit, dtype = 'f32' } = options
  checkCount(fn, 'features', features, 1)
  checkCount(fn, 'hidden', hidden, 1)
  checkOption(fn, 'norm', place, place === 'pre' || place === 'post', "'pre' or 'post'")
  const known = normalization === 'layerNorm' || normalization === 'rmsNorm'
  checkOption(fn, 'normalization', normalization, known, "'layerNorm' or 'rmsNorm'")
  const weights = { bias, dtype, ...(weightInit && { weightInit }) }
  const linear1 = dense({ in: features, out: hidden, ...weights })
  const linear2 = dense({ in: hidden, out: features, ...weights })
  const norm = (
    normalization === 'rmsNorm' ? rmsNorm({ features, dtype }) : layerNorm({ features, bias, dtype })
  ) as Layer<BlockNormParams<Bias, Norm>>
  const drop = dropout({ rate })
  return {
    linear1,
    linear2,
    norm,
    add(params, x, f, key) {
      const out = drop.apply([], f(place === 'pre' ? norm.apply(params, x) : x), keyed(key))
      return place === 'pre' ? x.add(out) : norm.apply(params, x.add(out))
    },
    feedForward(params, x, key) {
      const inner = activation(linear1.apply(params.linear1, x))
      return linear2.apply(params.linear2, drop.apply([], inner, keyed(key)))
    },
  }
}

/** A context of a key, if there is one. */
export function keyed(key: Key | undefined): Context {
  return key ? { key } : {}
}

/** The i-th of the keys that a block's random parts use, if there is randomness. */
export function partKey(context: Context, i: number): Key | undefined {
  return context.key && fold(context.key, i)
}
