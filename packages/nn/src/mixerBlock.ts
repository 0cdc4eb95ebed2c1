import { checkCount, type DrawOptions, dims, gelu, split, type Tensor } from '@wengert/core'
import { type DenseParams, dense } from './dense.ts'
import type { Initializer } from './initializers.ts'
import type { Activation, Layer } from './layer.ts'
import type { AffineParams } from './norm/affine.ts'
import { layerNorm } from './norm/layerNorm.ts'

export interface MixerBlockOptions extends DrawOptions {
  /** Number of tokens, such as patches of an image; inputs of other lengths are refused. */
  readonly tokens: number
  /** Number of features of a token. */
  readonly features: number
  /** Hidden features of the layers along tokens. @default half of features, rounded up */
  readonly tokenHidden?: number
  /** Hidden features of the layers along features. @default 4 · features */
  readonly hidden?: number
  /** Between two dense layers. @default gelu */
  readonly activation?: Activation
  /** How the weights start. @default heUniform, as of dense */
  readonly weightInit?: Initializer
}

/** Two dense layers. */
export interface MixerMlpParams {
  readonly fc1: DenseParams
  readonly fc2: DenseParams
}

/** Parameters of `mixerBlock`, named and laid out as in timm's MixerBlock for PyTorch. */
export type MixerBlockParams = {
  readonly norm1: AffineParams
  readonly mlp_tokens: MixerMlpParams
  readonly norm2: AffineParams
  readonly mlp_channels: MixerMlpParams
}

/**
 * Mixer block: two dense layers that mix tokens, the same for each feature, and two that mix features, the same for each
 * token, each added to its input. Use it for sets of fixed size and order, such as the patches of an image, where it does without
 * attention; for lengths that vary take `transformerEncoderBlock`.
 *
 *     x₁ = x + (W₂ activation(W₁ norm₁(x)ᵀ))ᵀ,   y = x₁ + W₄ activation(W₃ norm₂(x₁))
 *
 * A model of several ends with one more layerNorm and the mean over tokens. The norms add 1e-6 to the variance, as those of timm.
 * Shapes: x [...B, tokens, features] → [...B, tokens, features].
 * Source: Tolstikhin et al., MLP-Mixer: an all-MLP architecture for vision, arXiv 2105.01601 (2021).
 *
 * @example
 * const block = mixerBlock({ tokens: 16, features: 8 })
 * const y = block.apply(block.init(key(0)), ones([2, 16, 8]))
 */
export function mixerBlock({
  tokens,
  features,
  tokenHidden = Math.ceil(features / 2),
  hidden = 4 * features,
  activation = gelu,
  weightInit,
  dtype = 'f32',
}: MixerBlockOptions): Layer<MixerBlockParams> {
  const fn = 'mixerBlock'
  for (const [name, n] of Object.entries({ tokens, features, tokenHidden, hidden })) checkCount(fn, name, n, 1)
  const mlp = (size: number, inner: number): Layer<MixerMlpParams> => {
    const options = { dtype, ...(weightInit && { weightInit }) }
    const [fc1, fc2] = [dense({ in: size, out: inner, ...options }), dense({ in: inner, out: size, ...options })]
    return {
      init(key) {
        const [first = key, second = key] = split(key)
        return { fc1: fc1.init(first), fc2: fc2.init(second) }
      },
      apply: (params, x) => fc2.apply(params.fc2, activation(fc1.apply(params.fc1, x))),
    }
  }
  const norm = layerNorm({ features, eps: 1e-6, dtype })
  const [alongTokens, alongFeatures] = [mlp(tokens, tokenHidden), mlp(features, hidden)]
  return {
    init(key) {
      const [first = key, second = key] = split(key)
      return {
        norm1: norm.init(key),
        mlp_tokens: alongTokens.init(first),
        norm2: norm.init(key),
        mlp_channels: alongFeatures.init(second),
      }
    },
    apply({ norm1, mlp_tokens, norm2, mlp_channels }, x) {
      dims(fn, { x }, `...B ${tokens} ${features}`)
      const mixed = (y: Tensor): Tensor => alongTokens.apply(mlp_tokens, y.transpose()).transpose()
      const x1 = x.add(mixed(norm.apply(norm1, x)))
      return x1.add(alongFeatures.apply(mlp_channels, norm.apply(norm2, x1)))
    },
  }
}
