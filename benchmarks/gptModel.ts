/**
 * A small transformer of characters, ours and jax-js's with jit from the same parameters: 4 layers, 128 features, 4 heads,
 * windows of 128, 8 in a batch, 96 characters, Adam. jax-js gets one-hot inputs, since its embedding has no gradient under jit.
 */
import { cpu } from '@wengert/backend-cpu'
import { data, key, mean, normal, randomInt, state, type Tensor, tensor, useBackend, valueAndGrad } from '@wengert/core'
import { crossEntropy } from '@wengert/losses'
import { dense, embedding, layerNorm, transformerEncoderBlock } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import { jaxGpt } from './jaxGpt.ts'

const sizes = { layers: 4, features: 128, heads: 4, T: 128, batch: 8, characters: 96, lr: 1e-3 }
const { layers, features, heads, T, batch, characters, lr } = sizes

useBackend(cpu())
const embed = embedding({ in: characters, out: features })
const block = transformerEncoderBlock({ features, heads, causal: true, norm: 'pre' })
const norm = layerNorm({ features })
const head = dense({ in: features, out: characters })
const drawn = {
  embed: embed.init(key(0)),
  positions: normal(key(1), [T, features]).mul(0.02),
  blocks: Array.from({ length: layers }, (_, i) => block.init(key(2 + i))),
  norm: norm.init(key(0)),
  head: head.init(key(9)),
}
export type GptParams = typeof drawn

const values = await data(drawn)
const ids = randomInt(key(10), [batch, T], { high: characters }).dataSync()
const next = randomInt(key(11), [batch, T], { high: characters }).dataSync()

/** One training step, which returns the loss. */
type Step = () => Promise<number>

function ours(): Step {
  const [x, labels] = [ids, next].map((values) => tensor(values, { shape: [batch, T] })) as [Tensor, Tensor]
  const logits = (p: GptParams): Tensor => {
    const y = p.blocks.reduce((y, of) => block.apply(of, y), embed.apply(p.embed, x).add(p.positions))
    return head.apply(p.head, norm.apply(p.norm, y))
  }
  const optimizer = adam({ lr })
  const training = state({ params: drawn, opt: optimizer.init(drawn) })
  return () =>
    training.update(({ params, opt }) => {
      const [loss, grads] = valueAndGrad((p: GptParams) => mean(crossEntropy(logits(p), labels)))(params)
      const [updates, after] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: after }, loss]
    })
}

/** Each builds its model when it is asked to. */
export const contenders: readonly { readonly name: string; readonly build: () => Step | Promise<Step> }[] = [
  { name: 'wengert', build: ours },
  {
    name: 'jax-js jit, wasm',
    build: () => jaxGpt(sizes, values, ids, next),
  },
]

/** Of a step: 2 · 3 products of each weight with each position, and of queries, keys and values with one another. */
export const flops: number =
  6 * batch * T * (12 * layers * features ** 2 + features * characters + 2 * layers * T * features)
