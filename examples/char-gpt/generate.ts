import { argMax, categorical, fold, type Key, state, tensor } from '@wengert/core'
import type { Gpt, GptParams } from './model.ts'

export interface GenerateOptions {
  /** Characters to begin with, at least one. */
  readonly prompt: ArrayLike<number>
  /** How many to add. */
  readonly count: number
  /** Decides which. */
  readonly key: Key
  /** Below 1 likely characters become more likely; 0 always takes the likeliest. @default 0.8 */
  readonly temperature?: number
}

/** Characters that may follow others, one by one. Each step computes what is new alone: keys and values of before are in caches. */
export async function* generate(
  model: Gpt,
  params: GptParams,
  { prompt, count, key, temperature = 0.8 }: GenerateOptions,
): AsyncGenerator<number> {
  // The caches stay where they are computed.
  const seen = state(model.caches(prompt.length + count))
  let ids = Int32Array.from(prompt)
  for (let i = 0; i < count; i++) {
    const character = await seen.update((caches) => {
      const [logits, filled] = model.step(params, tensor(ids), caches)
      const [T = 1, V = 0] = logits.shape
      const last = logits.slice([T - 1, 0], [T, V]).squeeze(0)
      return [filled, temperature === 0 ? argMax(last) : categorical(fold(key, i), last.div(temperature))]
    })
    yield character
    ids = Int32Array.of(character)
  }
}
