import {
  arange,
  checkCount,
  checkOption,
  checkValues,
  concat,
  type DrawOptions,
  dims,
  fold,
  matmul,
  type Shape,
  scatterAdd,
  split,
  type Tensor,
  zeros,
} from '@wengert/core'
import { constant, glorotUniform, type Initializer } from '../initializers.ts'
import type { Context, Layer } from '../layer.ts'
import { alibiSlopes, slopedDistance } from './alibiBias.ts'
import { attentionMask, bothMasks, checkWindow, type VisibilityOptions } from './attentionMask.ts'
import { apart, shared, together } from './heads.ts'
import { checkPairs } from './pairs.ts'
import { checkRotary, lastAxis, type RotaryOptions, rotaryEmbedding } from './rotaryEmbedding.ts'
import { scaledDotProductAttention } from './scaledDotProductAttention.ts'

export interface MultiHeadAttentionOptions<Bias extends boolean = true> extends DrawOptions, VisibilityOptions {
  /** Number of input and output features, E; a multiple of heads. */
  readonly features: number
  /** Number of heads, H, of E / H features each. */
  readonly heads: number
  /** Heads of keys and values, G, each shared by H / G heads of queries: 1 is multi-query attention. @default heads */
  readonly keyValueHeads?: number
  /** Whether the projections add a bias. @default true */
  readonly bias?: Bias
  /** Probability of dropping an attention weight while training. @default 0 */
  readonly dropout?: number
  /** Turns queries and keys by their positions, with these options. @default none */
  readonly rotary?: Omit<RotaryOptions, 'positions'>
  /** Whether far keys count less, as in `alibiBias`; symmetric unless causal. @default false */
  readonly alibi?: boolean
  /** How the weights start. @default glorotUniform */
  readonly weightInit?: Initializer
}

/**
 * Parameters of `multiHeadAttention`, named and laid out as in PyTorch's MultiheadAttention. The rows of in_proj_weight
 * [E + 2 G E / H, E] are those of the queries, then the keys, then the values, and in each of them head after head; likewise
 * in_proj_bias. out_proj is a dense layer of weight [E, E]. Separate q_proj, k_proj and v_proj of other libraries are
 * concatenated.
 */
export type MultiHeadAttentionParams<Bias extends boolean = true> = Bias extends true
  ? {
      readonly in_proj_weight: Tensor
      readonly in_proj_bias: Tensor
      readonly out_proj: { readonly weight: Tensor; readonly bias: Tensor }
    }
  : { readonly in_proj_weight: Tensor; readonly out_proj: { readonly weight: Tensor } }

/** What attention is told beside its input. */
export interface AttentionContext extends Context {
  /** [...B, S, E], to be looked at in place of x: cross-attention. */
  readonly memory?: Tensor
  /** bool, broadcast to [...B, H, L, S]: true where a query may see a key. Padding is a mask [B, 1, 1, S]. */
  readonly mask?: Tensor
  /** Added to the scores, broadcast to [...B, H, L, S]. */
  readonly bias?: Tensor
}

/** Keys and values of what was seen before, with room for more. */
export interface KeyValueCache {
  /** [...B, G, capacity, E / H]; rows from `length` on are 0. */
  readonly keys: Tensor
  readonly values: Tensor
  /** How many positions are filled: i32 []. */
  readonly length: Tensor
}

export interface CacheOptions extends DrawOptions {
  /** Leading axes of the inputs. @default [] */
  readonly batch?: Shape
  /** Number of positions to make room for. */
  readonly capacity: number
}

export interface MultiHeadAttention<Bias extends boolean = true> extends Layer<MultiHeadAttentionParams<Bias>> {
  apply(params: MultiHeadAttentionParams<Bias>, x: Tensor, context?: AttentionContext): Tensor
  /** A cache to start from. */
  cache(options: CacheOptions): KeyValueCache
  /**
   * The output for what follows the positions in the cache, and the cache with those added: a text in pieces gives what
   * causal attention gives for the whole. Every step has the same shapes, so it is planned once. A mask or bias has as many
   * keys as the cache has room for.
   */
  step(
    params: MultiHeadAttentionParams<Bias>,
    x: Tensor,
    cache: KeyValueCache,
    context?: Omit<AttentionContext, 'memory'>,
  ): [y: Tensor, cache: KeyValueCache]
}

interface Projected {
  readonly queries: Tensor
  readonly keys: Tensor
  readonly values: Tensor
}

interface Positions {
  /** i32 [L] */
  readonly queries: Tensor
  /** i32 [S] */
  readonly keys: Tensor
  /** Number of keys that are there, i32 []. @default all */
  readonly filled?: Tensor
}

/**
 * Multi-head attention: every position gathers what it needs from the others, in several ways at once. Self-attention, or
 * cross-attention with a memory in the context; grouped-query attention with fewer heads of keys and values.
 *
 *     headₕ = softmax(Qₕ Kₕᵀ / √(E / H) + bias) Vₕ,  y = [head₁, …, head_H] W_outᵀ + b_out
 *
 * where Q, K and V are x W_inᵀ + b_in by parts. With a memory of another length, the last query stands at its last key.
 *
 * Shapes: x [...B, L, E] → [...B, L, E].
 * Source: Vaswani et al., Attention is all you need (2017); Ainslie et al., GQA (2023), for shared keys and values.
 *
 * @example
 * const attention = multiHeadAttention({ features: 8, heads: 2, causal: true, rotary: {} })
 * const params = attention.init(key(0))
 * const y = attention.apply(params, ones([1, 5, 8]))
 * const [first, cache] = attention.step(params, ones([1, 1, 8]), attention.cache({ batch: [1], capacity: 16 }))
 */
export function multiHeadAttention<Bias extends boolean = true>({
  features,
  heads,
  keyValueHeads = heads,
  bias: hasBias = true as Bias,
  causal = false,
  window,
  dropout = 0,
  rotary,
  alibi = false,
  weightInit = glorotUniform,
  dtype = 'f32',
}: MultiHeadAttentionOptions<Bias>): MultiHeadAttention<Bias> {
  const fn = 'multiHeadAttention'
  checkCount(fn, 'features', features, 1)
  checkCount(fn, 'heads', heads, 1)
  checkCount(fn, 'keyValueHeads', keyValueHeads, 1)
  checkOption(fn, 'heads', heads, features % heads === 0, `a divisor of features, ${features}`)
  checkOption(fn, 'keyValueHeads', keyValueHeads, heads % keyValueHeads === 0, `a divisor of heads, ${heads}`)
  checkOption(fn, 'dropout', dropout, dropout >= 0 && dropout < 1, 'at least 0 and less than 1')
  checkWindow(fn, window)
  const size = features / heads
  if (rotary) {
    const { convention = 'half', theta = 10_000, rotaryDim = size } = rotary
    checkRotary(fn, { convention, theta, rotaryDim })
    checkOption(fn, 'rotaryDim', rotaryDim, rotaryDim <= size, `at most the ${size} features of a head`)
  }
  const keyRows = keyValueHeads * size
  const allRows = features + 2 * keyRows
  const visibility = { causal, ...(window !== undefined && { window }) }

  const project = (params: MultiHeadAttentionParams<Bias>, x: Tensor, memory: Tensor | undefined): Projected => {
    checkShapes(params, x, memory)
    const { in_proj_weight: weight, in_proj_bias: bias } = params as Loose
    const rows = (from: Tensor, start: number, end: number): Tensor =>
      affine(from, weight.slice([start, 0], [end, features]), bias?.slice([start], [end]))
    const ofX = rows(x, 0, memory ? features : allRows)
    const ofMemory = memory ? rows(memory, features, allRows) : lastAxis(ofX, features, allRows)
    return {
      queries: apart(lastAxis(ofX, 0, features), heads, size),
      keys: apart(lastAxis(ofMemory, 0, keyRows), keyValueHeads, size),
      values: apart(lastAxis(ofMemory, keyRows, 2 * keyRows), keyValueHeads, size),
    }
  }

  const checkShapes = (params: MultiHeadAttentionParams<Bias>, x: Tensor, memory: Tensor | undefined): void => {
    const { in_proj_weight, in_proj_bias, out_proj } = params as Loose
    const tensors = { x, ...(memory && { memory }), in_proj_weight, 'out_proj.weight': out_proj.weight }
    const seen = memory ? `...B S ${features}, ` : ''
    const spec = `...B L ${features}, ${seen}${allRows} ${features}, ${features} ${features}`
    if (in_proj_bias && out_proj.bias)
      dims(fn, { ...tensors, in_proj_bias, 'out_proj.bias': out_proj.bias }, `${spec}, ${allRows}, ${features}`)
    else dims(fn, tensors, spec)
  }

  const turned = (x: Tensor, positions: Tensor): Tensor => (rotary ? rotaryEmbedding(x, { ...rotary, positions }) : x)

  const attend = (
    params: MultiHeadAttentionParams<Bias>,
    { queries, keys, values }: Projected,
    positions: Positions,
    { mask, bias, key }: AttentionContext,
  ): Tensor => {
    checkPairs(fn, [...queries.shape.slice(0, -1), keys.shape.at(-2) as number], mask, bias)
    // Rows that are not filled yet are no keys, even to a layer that is not causal.
    const there = positions.filled && positions.keys.less(positions.filled).expandDims(0)
    const near = attentionMask(positions.queries, positions.keys, visibility)
    const allowed = bothMasks(bothMasks(near, there), mask)
    const slopes = alibi ? alibiSlopes(heads, { dtype: queries.dtype === 'f64' ? 'f64' : 'f32' }) : undefined
    const slope = slopes && slopedDistance(slopes, positions.queries, positions.keys, !causal).cast(queries.dtype)
    const added = bias && slope ? slope.add(bias) : (bias ?? slope)
    const y = scaledDotProductAttention(queries, shared(keys, heads), shared(values, heads), {
      ...(allowed && { mask: allowed }),
      ...(added && { bias: added }),
      ...(key && { key, dropout }),
    })
    const { out_proj } = params as Loose
    return affine(together(y), out_proj.weight, out_proj.bias)
  }

  return {
    init(key) {
      const [inKey = key, outKey = key] = split(key)
      const part = (i: number, rows: number): Tensor => weightInit(fold(inKey, i), [rows, features], { dtype })
      const in_proj_weight = concat([part(0, features), part(1, keyRows), part(2, keyRows)])
      const weight = weightInit(outKey, [features, features], { dtype })
      const zero = (n: number): Tensor => constant(0)(key, [n], { dtype })
      return (
        hasBias
          ? { in_proj_weight, in_proj_bias: zero(allRows), out_proj: { weight, bias: zero(features) } }
          : { in_proj_weight, out_proj: { weight } }
      ) as MultiHeadAttentionParams<Bias>
    },
    apply(params, x, context = {}) {
      const { queries, keys, values } = project(params, x, context.memory)
      const [length, keyLength] = [queries, keys].map(({ shape }) => shape.at(-2)) as [number, number]
      const positions = {
        queries: arange(length, { start: keyLength - length, dtype: 'i32' }),
        keys: arange(keyLength, { dtype: 'i32' }),
      }
      const placed = { queries: turned(queries, positions.queries), keys: turned(keys, positions.keys), values }
      return attend(params, placed, positions, context)
    },
    cache({ batch = [], capacity, dtype: cacheDType = dtype }) {
      checkCount(fn, 'capacity', capacity, 1)
      const empty = zeros([...batch, keyValueHeads, capacity, size], { dtype: cacheDType })
      return { keys: empty, values: empty, length: zeros([], { dtype: 'i32' }) }
    },
    step(params, x, cache, context = {}) {
      const { queries, keys, values } = project(params, x, undefined)
      const { S: capacity } = dims(fn, { x, 'cache.keys': cache.keys }, `...B L E, ...B ${keyValueHeads} S ${size}`)
      const [count, room] = [x.shape.at(-2), capacity] as [number, number]
      checkValues(
        fn,
        'cache.length',
        cache.length,
        (filled) => filled + count <= room,
        `at most ${room - count}, so that ${count} more fit into the ${room} positions of the cache`,
        'Make a cache of greater capacity.',
      )
      const positions = {
        queries: arange(count, { dtype: 'i32' }).add(cache.length),
        keys: arange(room, { dtype: 'i32' }),
      }
      const added = (old: Tensor, more: Tensor): Tensor => scatterAdd(old, positions.queries, more, { axis: -2 })
      const filled = {
        keys: added(cache.keys, turned(keys, positions.queries)),
        values: added(cache.values, values),
        length: cache.length.add(count),
      }
      const placed = { queries: turned(queries, positions.queries), keys: filled.keys, values: filled.values }
      return [attend(params, placed, { ...positions, filled: filled.length }, context), filled]
    },
  }
}

/** Parameters with the biases that may be missing. */
interface Loose {
  readonly in_proj_weight: Tensor
  readonly in_proj_bias?: Tensor
  readonly out_proj: { readonly weight: Tensor; readonly bias?: Tensor }
}

function affine(x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  const [outputs, inputs] = weight.shape as [number, number]
  const y = matmul(x.reshape([-1, inputs]), weight.transpose()).reshape([...x.shape.slice(0, -1), outputs])
  return bias ? y.add(bias) : y
}
