/**
 * WebGPU in Node: what a kernel of a long run costs, and how much a softmax of fewer passes over memory could win.
 * `node --conditions=@wengert/source benchmarks/webgpu/node.ts`
 */
import { type WebGpuBackend, webgpu } from '@wengert/backend-webgpu'
import { compile, key, logSumExp, matmul, softmax, sum, type Tensor, uniform, useBackend } from '@wengert/core'
import { driverEnvironment } from '../../scripts/gpu.ts'

// Dawn reads its driver from the environment when it starts.
Object.assign(process.env, driverEnvironment())
const backend: WebGpuBackend = await webgpu()
useBackend(backend)
const { vendor, architecture } = backend.device.adapterInfo
console.log(`adapter: ${vendor} ${architecture}, node ${process.version}`)

const rounds = 5

/** Median milliseconds of each function, all in turn. */
async function medians(runs: Readonly<Record<string, () => Promise<unknown>>>): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {}
  for (const [name, run] of Object.entries(runs)) {
    await run()
    await run()
    times[name] = []
  }
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of Object.entries(runs)) {
      const start = performance.now()
      await run()
      times[name]?.push(performance.now() - start)
    }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, list.sort((a, b) => a - b)[rounds >> 1] as number]),
  )
}

/** A tensor that lives on the device: what a compiled function returns. */
function onDevice(shape: readonly number[]): Tensor {
  return compile(() => uniform(key(0), shape).sub(0.5))()
}

/** Milliseconds of a kernel: the difference between long and short chains, so that the readback does not count. */
async function costOfKernel(): Promise<void> {
  const a = onDevice([8, 8])
  const chain = (n: number) => {
    const f = compile((x: Tensor) => {
      let y = x
      for (let i = 0; i < n; i++) y = matmul(y, x)
      return sum(y)
    })
    return () => f(a).data()
  }
  const { short = 0, long = 0 } = await medians({ short: chain(10), long: chain(210) })
  console.log(`a kernel in a run of 200: ${((1000 * (long - short)) / 200).toFixed(1)} µs (run: ${long.toFixed(2)} ms)`)
}

/** Softmax along rows, by the number of its passes. The last one overflows for large x and bounds what two passes can win. */
async function passes(rows: number, columns: number): Promise<void> {
  const x = onDevice([rows, columns])
  const along = { axis: -1, keepDims: true }
  const forms: Record<string, (v: Tensor) => Tensor> = {
    'softmax, weights stored': (v) => softmax(v),
    'three passes, exp(x - logSumExp x)': (v) => v.sub(logSumExp(v, along)).exp(),
    'two passes, exp(x - log sum exp x)': (v) => v.sub(sum(v.exp(), along).log()).exp(),
    'one pass, a copy': (v) => v.add(1),
  }
  const runs = Object.fromEntries(
    Object.entries(forms).map(([name, form]) => {
      const f = compile((v: Tensor) => form(v))
      // The result stays on the device; one element of it is read.
      const read = compile((v: Tensor) => v.slice([0, 0], [1, 1]).add(0))
      return [name, () => read(f(x)).data()] as const
    }),
  )
  console.log(`\nsoftmax ${rows}×${columns}`)
  const times = await medians(runs)
  for (const [name, ms] of Object.entries(times)) console.log(`  ${name.padEnd(36)} ${ms.toFixed(2).padStart(9)} ms`)
}

await costOfKernel()
await passes(256, 1000)
await passes(1024, 32768)
backend.destroy()
