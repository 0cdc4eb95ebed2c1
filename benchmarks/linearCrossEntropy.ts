/**
 * Prints time and memory of value and gradient of linearCrossEntropy, with and without a filter of the gradient, beside crossEntropy
 * of the layer's output, which holds all logits. In f32, of a layer that knows nothing yet and of one that has
 * learned, whose labels are as unequally frequent as words. Time is that of the processor, the least of some runs in turn; memory,
 * in MB, is the peak of the backend's buffers beyond inputs and gradients.
 *
 * `node --conditions=@wengert/source benchmarks/linearCrossEntropy.ts [--webgpu] [--rounds 3] [N D V]`. Takes minutes; run it by
 * itself. On a software adapter take smaller sizes, such as 256 64 4096.
 */
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { webgpu } from '@wengert/backend-webgpu'
import {
  type Backend,
  cumSum,
  data,
  key,
  matmul,
  mean,
  normal,
  permutation,
  randomInt,
  state,
  sum,
  type Tensor,
  take,
  tensor,
  uniform,
  useBackend,
  valueAndGrad,
  zeros,
} from '@wengert/core'
import { crossEntropy, type LinearCrossEntropyOptions, linearCrossEntropy } from '@wengert/losses'
import { driverEnvironment } from '../scripts/gpu.ts'

interface Layer {
  readonly embeddings: Tensor
  readonly weight: Tensor
  readonly bias: Tensor
}

const { values: flags, positionals } = parseArgs({
  options: { webgpu: { type: 'boolean', default: false }, rounds: { type: 'string', default: '3' } },
  allowPositionals: true,
})
const sizes =
  positionals.length === 3
    ? [positionals.map(Number)]
    : [
        [512, 128, 8192],
        [2048, 256, 32768],
      ]
const rounds = Number(flags.rounds)

/** A backend that notes the most bytes it held. */
function watched<B>(backend: Backend<B>): { readonly backend: Backend<B>; readonly peak: () => number } {
  let most = 0
  const alloc: Backend<B>['alloc'] = (dtype, size) => {
    const buffer = backend.alloc(dtype, size)
    most = Math.max(most, backend.memory().bytes)
    return buffer
  }
  const peak = (): number => {
    const was = most
    most = backend.memory().bytes
    return was
  }
  const proxy = new Proxy(backend, {
    get(target, name) {
      if (name === 'alloc') return alloc
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { backend: proxy, peak }
}

// Dawn reads its driver from the environment when it starts.
if (flags.webgpu) Object.assign(process.env, driverEnvironment())
const device = flags.webgpu ? await webgpu() : null
const { backend, peak } = device ? watched(device) : watched(cpu())
useBackend(backend as Backend)

const blocks =
  (options: LinearCrossEntropyOptions = {}) =>
  ({ embeddings, weight, bias }: Layer, labels: Tensor): Tensor =>
    mean(linearCrossEntropy(embeddings, weight, labels, { ...options, bias }))
const losses: Readonly<Record<string, (layer: Layer, labels: Tensor) => Tensor>> = {
  'all logits': ({ embeddings, weight, bias }, labels) =>
    mean(crossEntropy(matmul(embeddings, weight.transpose()).add(bias), labels)),
  'block by block': blocks(),
  'filter 2⁻¹²': blocks({ filterEps: 2 ** -12, orderVocabulary: false }),
  'filter 2⁻¹², ordered': blocks({ filterEps: 2 ** -12 }),
  'the same, finer blocks': blocks({ filterEps: 2 ** -12, blockVocabulary: 128 }),
}

const drawn = async (seed: number, shape: readonly [number, number], scale: number): Promise<Tensor> =>
  tensor(await normal(key(seed), shape).mul(scale).data(), { shape })

/** How frequent V words are, the numbers of words in no order: 1, 1/2, 1/3, … in parts of their sum. */
async function frequencies(V: number): Promise<Tensor> {
  const shares = take(tensor(Float32Array.from({ length: V }, (_, v) => 1 / (v + 1))), permutation(key(6), V))
  return tensor(await shares.div(sum(shares)).data())
}

/** N labels that are as frequent as such words. */
async function wordsOf(frequency: Tensor, N: number): Promise<Tensor> {
  const [bounds, draws] = (await data([cumSum(frequency), uniform(key(4), [N])])) as unknown as Float32Array[]
  return tensor(
    Int32Array.from(draws as Float32Array, (u) =>
      Math.max(
        0,
        (bounds as Float32Array).findIndex((bound) => bound > u),
      ),
    ),
  )
}

for (const [N = 0, D = 0, V = 0] of sizes) {
  const weight = await drawn(2, [V, D], D ** -0.5)
  const frequency = await frequencies(V)
  const frequent = await wordsOf(frequency, N)
  // How sure of a token differs; what is left over are words as frequent as they are.
  const sureness = uniform(key(7), [N, 1]).mul(32)
  const embeddings = take(weight, frequent)
    .mul(sureness)
    .add(await drawn(5, [N, D], 1))
  const cases = {
    'knows nothing': {
      layer: { embeddings: await drawn(1, [N, D], 1), weight, bias: zeros([V]) },
      labels: tensor(await randomInt(key(3), [N], { high: V }).data()),
    },
    'has learned': {
      layer: { embeddings, weight, bias: frequency.log() },
      labels: frequent,
    },
  }
  const gradients = 4 * (N * D + V * D + V)
  for (const [name, { layer, labels }] of Object.entries(cases)) {
    console.log(`\nN = ${N}, D = ${D}, V = ${V}, a layer that ${name}`)
    // In a state they lie on the backend, as parameters do in training.
    const held = state(layer)
    const inputs = backend.memory().bytes
    const found = new Map<string, { time: number; bytes: number; value: number }>()
    for (let round = 0; round < rounds; round++)
      for (const [loss, f] of Object.entries(losses)) {
        peak()
        const start = process.cpuUsage()
        const [value] = (await data(valueAndGrad((l: Layer) => f(l, labels))(held.value))) as unknown as [
          ArrayLike<number>,
        ]
        const { user, system } = process.cpuUsage(start)
        const before = found.get(loss)?.time ?? Number.POSITIVE_INFINITY
        const time = Math.min(before, (user + system) / 1000)
        found.set(loss, { time, bytes: peak() - inputs - gradients, value: Number(value[0] ?? value) })
      }
    const whole = found.get('all logits')?.time as number
    for (const [loss, { time, bytes, value }] of found)
      console.log(
        `  ${loss.padEnd(22)} ${time.toFixed(0).padStart(7)} ms  ${(time / whole).toFixed(2)}  ${(bytes / 2 ** 20).toFixed(1).padStart(6)} MB  loss ${value.toFixed(4)}`,
      )
  }
}
device?.destroy()
