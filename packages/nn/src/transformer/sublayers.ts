import { checkCount, checkOption, fold, type Key, relu, type Tensor } from '@wengert/core'
import type { MultiHeadAttentionOptions } from '../attention/multiHeadAttention.ts'
import { type DenseParams, dense } from '../dense.ts'
import { dropout } from '../dropout.ts'
import type { Activation, Context, Layer } from '../layer.ts'
import type { AffineParams } from '../norm/affine.ts'
import { layerNorm } from '../norm/layerNorm.ts'

export interface TransformerBlockOptions extends Omit<MultiHeadAttentionOptions, 'bias'> {
  /** Number of features between the two dense layers. @default 4 · features */
  readonly hidden?: number
  /** Between the two dense layers. @default relu */
  readonly activation?: Activation
  /**
   * Where layers are normalized: `pre`, before each of them, with which deep models train better, and which wants one more
   * layerNorm behind the last block; or `post`, after each has been added. @default 'post', as in PyTorch
   */
  readonly norm?: 'pre' | 'post'
  /** Probability of dropping attention weights, hidden features, and outputs before they are added. @default 0 */
  readonly dropout?: number
}

/** The two dense layers of a block, named as in PyTorch. */
export type FeedForwardParams = {
  readonly linear1: DenseParams
  readonly linear2: DenseParams
}

/** What a block is made of beside its attention. */
export interface Sublayers {
  readonly linear1: Layer<DenseParams>
  readonly linear2: Layer<DenseParams>
  readonly norm: Layer<AffineParams>
  /** x with f added, normalized before or after. */
  add(norm: AffineParams, x: Tensor, f: (x: Tensor) => Tensor, key: Key | undefined): Tensor
  feedForward(params: FeedForwardParams, x: Tensor, key: Key | undefined): Tensor
}

export function sublayers(fn: string, options: TransformerBlockOptions): Sublayers {
  const { features, hidden = 4 * features, activation = relu, norm: place = 'post' } = options
  const { dropout: rate = 0, weightInit, dtype = 'f32' } = options
  checkCount(fn, 'features', features, 1)
  checkCount(fn, 'hidden', hidden, 1)
  checkOption(fn, 'norm', place, place === 'pre' || place === 'post', "'pre' or 'post'")
  const weights = { dtype, ...(weightInit && { weightInit }) }
  const linear1 = dense({ in: features, out: hidden, ...weights })
  const linear2 = dense({ in: hidden, out: features, ...weights })
  const norm = layerNorm({ features, dtype })
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
