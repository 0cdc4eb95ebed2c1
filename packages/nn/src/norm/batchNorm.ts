import {
  checkCount,
  checkOption,
  type DrawOptions,
  dims,
  full,
  type Key,
  mean,
  rsqrt,
  ShapeError,
  showShape,
  sizeOf,
  stopGradient,
  type Tensor,
  variance,
  zeros,
} from '@wengert/core'
import { type AffineParams, checkEps, type Found, identity } from './affine.ts'
import { standardize } from './standardize.ts'

export interface BatchNormOptions<Affine extends boolean = true> extends DrawOptions {
  /** Number of channels, or of features where there is no space. */
  readonly features: number
  /** Added to the variance, ≥ 0. @default 1e-5 */
  readonly eps?: number
  /** Share of a batch in the next statistics, in [0, 1]. @default 0.1 */
  readonly momentum?: number
  /** Whether there are a factor and a summand of each channel to learn. @default true */
  readonly affine?: Affine
}

/** What `batchNorm` remembers of the batches it was trained on, named as in PyTorch. */
export interface BatchNormState {
  /** [features] */
  readonly running_mean: Tensor
  /** [features] */
  readonly running_var: Tensor
}

/** A layer that remembers: what it knows of earlier inputs goes in, and what it knows then comes out beside the output. */
export interface StatefulLayer<P, S> {
  /** Parameters to start from. */
  init(key: Key): P
  /** State to start from. */
  initState(): S
  /** The output for an input, and the state to go on with, which is the same state unless it is training. */
  apply(params: P, x: Tensor, state: S, options?: TrainingOptions): readonly [output: Tensor, state: S]
}

export interface TrainingOptions {
  /** Whether the input is a batch to learn from. @default false */
  readonly training?: boolean
}

/**
 * Batch normalization: gives each channel mean 0 and variance 1 over a batch, and then a scale and a shift to learn. Use it
 * between the layers of convolutional models with batches that are not small. While it is trained it normalizes by the
 * batch at hand and returns running statistics; these it normalizes by when training is over.
 *
 *     y = (x − μ) / √(σ² + eps) · weight + bias
 *     training: μ and σ² over batch and space, σ² divided by their number N, and
 *         running_mean ← (1 − momentum) running_mean + momentum μ
 *         running_var  ← (1 − momentum) running_var + momentum σ² N / (N − 1)
 *     else: μ = running_mean, σ² = running_var
 *
 * Weight and running_var start at 1, bias and running_mean at 0. What one example gives depends on the others of a training batch.
 * Shapes: x [B, features, ...S] → [B, features, ...S], and statistics [features].
 * Gradient: through μ and σ² of the batch too; none goes through the statistics that are returned.
 * Source: Ioffe, Szegedy, Batch normalization, arXiv 1502.03167 (2015); momentum and N − 1 as in PyTorch.
 *
 * @example
 * const layer = batchNorm({ features: 3 })
 * const x = normal(key(1), [8, 3])
 * const [y, next] = layer.apply(layer.init(key(0)), x, layer.initState(), { training: true })
 */
export function batchNorm<Affine extends boolean = true>({
  features,
  eps = 1e-5,
  momentum = 0.1,
  affine = true as Affine,
  dtype = 'f32',
}: BatchNormOptions<Affine>): StatefulLayer<AffineParams<Affine>, BatchNormState> {
  checkCount('batchNorm', 'features', features, 1)
  checkEps('batchNorm', eps)
  checkOption('batchNorm', 'momentum', momentum, momentum >= 0 && momentum <= 1, 'at least 0 and at most 1')
  return {
    init: () => identity([features], dtype, affine, true),
    initState: () => ({ running_mean: zeros([features], { dtype }), running_var: full([features], 1, { dtype }) }),
    apply(params, x, state, { training = false } = {}) {
      const { weight, bias } = params as Found
      const { running_mean, running_var } = state
      if (x.shape[1] !== features)
        throw new ShapeError(
          `batchNorm: x must have shape [B, ${features}, ...S], got ${showShape(x.shape)}. Channels are axis 1.`,
        )
      const vectors = { running_mean, running_var, ...(weight && { weight }), ...(bias && { bias }) }
      dims('batchNorm', vectors, `${features}, ${features}, ${features}, ${features}`)
      const along = x.shape.slice(1).map((n, i) => (i === 0 ? n : 1))
      const normalized = training
        ? standardize(x, axesBesideChannels(x), eps)
        : x.sub(running_mean.reshape(along)).mul(rsqrt(running_var.add(eps)).reshape(along))
      const y = weight && bias ? normalized.mul(weight.reshape(along)).add(bias.reshape(along)) : normalized
      return [y, training ? next(x, state, momentum) : state]
    },
  }
}

const axesBesideChannels = (x: Tensor): number[] => x.shape.flatMap((_, i) => (i === 1 ? [] : [i]))

/** Statistics after a batch. They are not differentiated, so that no step reaches back to the one before. */
function next(x: Tensor, { running_mean, running_var }: BatchNormState, momentum: number): BatchNormState {
  const count = sizeOf(x.shape) / (x.shape[1] as number)
  if (count < 2)
    throw new ShapeError(
      `batchNorm: x must have at least 2 numbers per channel while training, got shape ${showShape(x.shape)}. ` +
        'Their variance is divided by one less; use a larger batch.',
    )
  const axis = axesBesideChannels(x)
  const moved = (old: Tensor, now: Tensor): Tensor => stopGradient(old.mul(1 - momentum).add(now.mul(momentum)))
  return {
    running_mean: moved(running_mean, mean(x, { axis })),
    running_var: moved(running_var, variance(x, { axis }).mul(count / (count - 1))),
  }
}
