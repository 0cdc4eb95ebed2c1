import { type Key, normal, relu, split, type Tensor } from '@wengert/core'
import {
  dense,
  embedding,
  type Initializer,
  type KeyValueCache,
  type Layer,
  layerNorm,
  transformerEncoderBlock,
} from '@wengert/nn'

export interface GptOptions {
  /** Number of characters that it knows, V. */
  readonly characters: number
  /** Features of each position. */
  readonly features: number
  readonly heads: number
  readonly layers: number
  /** How many characters it looks back on in a layer. */
  readonly context: number
}

/** Positions seen so far, by layer. */
export type Caches = readonly KeyValueCache[]

/** At first nothing is known, and every character is about as likely. */
const small: Initializer = (key, shape, options) => normal(key, shape, options).mul(0.02)

/**
 * A transformer that foretells characters: an embedding, causal blocks with rotary positions, a norm, and a dense layer to one
 * logit for each character. Shapes: i32 [...B, T] → [...B, T, V].
 */
export function gpt({ characters, features, heads, layers, context }: GptOptions) {
  const embed = embedding({ in: characters, out: features })
  const attention = { heads, causal: true, window: context, rotary: {} }
  const block = transformerEncoderBlock({ features, ...attention, norm: 'pre', activation: relu })
  const norm = layerNorm({ features })
  const head = dense({ in: features, out: characters, weightInit: small })
  const init = (key: Key) => {
    const [embedKey = key, headKey = key, ...blockKeys] = split(key, layers + 2)
    return {
      embed: embed.init(embedKey),
      blocks: blockKeys.map((blockKey) => block.init(blockKey)),
      norm: norm.init(key),
      head: head.init(headKey),
    }
  }
  type P = ReturnType<typeof init>
  const read = (params: P, x: Tensor): Tensor => head.apply(params.head, norm.apply(params.norm, x))
  return {
    init,
    apply: (params, ids) =>
      read(
        params,
        params.blocks.reduce((x, p) => block.apply(p, x), embed.apply(params.embed, ids)),
      ),
    /** Caches with room for a text of so many characters. */
    caches: (capacity: number): Caches => Array.from({ length: layers }, () => block.cache({ capacity })),
    /** Logits [T, V] for what follows each of the characters [T], which follow those in the caches; and the caches with them. */
    step(params: P, ids: Tensor, caches: Caches): [logits: Tensor, caches: Caches] {
      const filled: KeyValueCache[] = []
      const y = params.blocks.reduce(
        (x, p, i) => {
          const [out, cache] = block.step(p, x, caches[i] as KeyValueCache)
          filled.push(cache)
          return out
        },
        embed.apply(params.embed, ids),
      )
      return [read(params, y), filled]
    },
  } satisfies Layer<P> & Record<string, unknown>
}

export type Gpt = ReturnType<typeof gpt>
export type GptParams = ReturnType<Gpt['init']>
