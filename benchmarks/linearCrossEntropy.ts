/**
 * Prints time and memory of value and gradient of linearCrossEntropy beside crossEntropy of the layer's output, which
 * holds all logits, on the CPU in f32. Time is that of the processor. Memory, in MB, is the peak of the backend's buffers
 * beyond inputs and gradients, and the growth of the process beyond the gradients and the copies of them that are read.
 * Takes some minutes; run it by itself: `node --conditions=@wengert/source benchmarks/linearCrossEntropy.ts`, or with a
 * number of classes for one size alone.
 */
import { cpu } from '@wengert/backend-cpu'
import {
  type Backend,
  data,
  key,
  matmul,
  mean,
  normal,
  randomInt,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
} from '@wengert/core'
import { crossEntropy, linearCrossEntropy } from '@wengert/losses'

type Layer = readonly [embeddings: Tensor, weight: Tensor]

const sizes = [
  [256, 64, 2048],
  [512, 128, 8192],
  [2048, 256, 32768],
] as const
const only = Number(process.argv[2] ?? 0)
const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)

/** A backend that notes the most bytes it held. */
function watched(backend: Backend): { readonly backend: Backend; readonly peak: () => number } {
  let most = 0
  const alloc: Backend['alloc'] = (dtype, size) => {
    const buffer = backend.alloc(dtype, size)
    most = Math.max(most, backend.memory().bytes)
    return buffer
  }
  const peak = (): number => {
    const was = most
    most = 0
    return was
  }
  return { backend: { ...backend, alloc }, peak }
}

const { backend, peak } = watched(cpu())
useBackend(backend)

const losses: Record<string, (layer: Layer, labels: Tensor) => Tensor> = {
  'block by block': ([embeddings, weight], labels) => mean(linearCrossEntropy(embeddings, weight, labels)),
  'all logits': ([embeddings, weight], labels) => mean(crossEntropy(matmul(embeddings, weight.transpose()), labels)),
}

for (const [N, D, V] of sizes) {
  if (only > 0 && only !== V) continue
  const drawn = (seed: number, rows: number, scale: number): Tensor =>
    tensor(normal(key(seed), [rows, D]).mul(scale).dataSync(), { shape: [rows, D] })
  const layer: Layer = [drawn(1, N, 1), drawn(2, V, D ** -0.5)]
  const labels = tensor(randomInt(key(3), [N], { high: V }).dataSync())
  console.log(`N = ${N}, D = ${D}, V = ${V}`)
  const gradients = 4 * (N + V) * D
  const times: number[] = []
  for (const [name, loss] of Object.entries(losses)) {
    globalThis.gc?.()
    const before = 1024 * process.resourceUsage().maxRSS
    peak()
    let time = Number.POSITIVE_INFINITY
    for (let i = 0; i < (V > 10_000 ? 1 : 3); i++) {
      const start = process.cpuUsage()
      await data(valueAndGrad((l: Layer) => loss(l, labels))(layer))
      const { user, system } = process.cpuUsage(start)
      time = Math.min(time, (user + system) / 1000)
    }
    times.push(time)
    // Inputs count as uploaded; gradients are there twice while they are read.
    const grown = 1024 * process.resourceUsage().maxRSS - before
    console.log(
      `  ${name}: ${time.toFixed(0)} ms, buffers ${megabytes(peak() - 2 * gradients)} MB, ` +
        `process ${megabytes(grown - 2 * gradients)} MB`,
    )
  }
  console.log(`  ratio ${((times[0] as number) / (times[1] as number)).toFixed(2)}`)
}
