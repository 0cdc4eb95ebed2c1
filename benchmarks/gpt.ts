/**
 * Prints the time of one training step of a small transformer of characters beside jax-js with jit, the same model from the same
 * parameters: 4 layers, 128 features, 4 heads, windows of 128, 8 in a batch, 96 characters, Adam. Contenders take turns, as the machine has
 * other work; time is that of the processor. jax-js gets one-hot inputs, since its embedding has no gradient under jit.
 * Run it by itself: `node --conditions=@wengert/source benchmarks/gpt.ts`, with a number of rounds if 5 are not right.
 */
import { cpu } from '@wengert/backend-cpu'
import { data, key, mean, normal, randomInt, state, type Tensor, tensor, useBackend, valueAndGrad } from '@wengert/core'
import { crossEntropy } from '@wengert/losses'
import { dense, embedding, layerNorm, transformerEncoderBlock } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import { jaxGpt } from './jaxGpt.ts'

const [layers, features, heads, T, batch, characters, lr] = [4, 128, 4, 128, 8, 96, 1e-3] as const
const rounds = Number(process.argv[2] ?? 5)

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

const ids = randomInt(key(10), [batch, T], { high: characters }).dataSync()
const next = randomInt(key(11), [batch, T], { high: characters }).dataSync()
const [x, labels] = [ids, next].map((values) => tensor(values, { shape: [batch, T] })) as [Tensor, Tensor]

const logits = (p: GptParams): Tensor => {
  const y = p.blocks.reduce((y, of) => block.apply(of, y), embed.apply(p.embed, x).add(p.positions))
  return head.apply(p.head, norm.apply(p.norm, y))
}
const optimizer = adam({ lr })
const training = state({ params: drawn, opt: optimizer.init(drawn) })
const step = () =>
  training.update(({ params, opt }) => {
    const [loss, grads] = valueAndGrad((p: GptParams) => mean(crossEntropy(logits(p), labels)))(params)
    const [updates, after] = optimizer.update(grads, opt, params)
    return [{ params: applyUpdates(params, updates), opt: after }, loss]
  })

const sizes = { layers, features, heads, T, batch, characters, lr }
const contenders = [
  { name: 'wengert', step },
  { name: 'jax-js jit, wasm', step: await jaxGpt(sizes, await data(drawn), ids, next) },
]

// 2 · 3 products of each weight with each position, and of queries, keys and values with one another.
const flops = 6 * batch * T * (12 * layers * features ** 2 + features * characters + 2 * layers * T * features)
console.log(
  `Node ${process.version}; one training step of ${(flops / 1e9).toFixed(1)} GFLOP, ${rounds} rounds in turn\n`,
)

const losses: number[][] = []
const times: number[][] = []
for (const [i, contender] of contenders.entries()) {
  const start = performance.now()
  losses[i] = [await contender.step()]
  console.log(`${contender.name.padEnd(18)} first step ${(performance.now() - start).toFixed(0)} ms`)
  times[i] = []
}
for (let round = 0; round < rounds; round++)
  for (const [i, contender] of contenders.entries())
    for (let n = 0; n < 4; n++) {
      const start = process.cpuUsage()
      losses[i]?.push(await contender.step())
      const { user, system } = process.cpuUsage(start)
      // The first of a turn finds the caches full of the other's numbers.
      if (n > 0) times[i]?.push((user + system) / 1000)
    }

console.log(`\n${''.padEnd(18)}    median    least     GFLOP/s  ratio    loss`)
const first = median(times[0] as number[])
for (const [i, { name }] of contenders.entries()) {
  const of = times[i] as number[]
  const rate = flops / 1e6 / median(of)
  const cells = [`${median(of).toFixed(0)} ms`, `${Math.min(...of).toFixed(0)} ms`, rate.toFixed(1)]
  const ratio = `${(median(of) / first).toFixed(2)}×`
  const [from, to] = [losses[i]?.[0], losses[i]?.at(-1)] as [number, number]
  console.log(
    `${name.padEnd(18)}${cells.map((cell) => cell.padStart(10)).join('')}${ratio.padStart(9)}    ${from.toFixed(4)} to ${to.toFixed(4)}`,
  )
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] as number
}
