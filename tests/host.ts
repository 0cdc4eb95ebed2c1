/**
 * Runs the conformance kit on the CPU backend, with code for every kernel that has some, and prints what it found this host to
 * be and which cases failed. `hosts.test.ts` bundles it, since old Nodes read no TypeScript.
 */
import { once } from 'node:events'
import workerThreads, { Worker } from 'node:worker_threads'
import { cpu } from '../packages/backend-cpu/src/index.ts'
import { features } from '../packages/backend-cpu/src/wasm/engine.ts'
import { conformance, edges } from '../packages/conformance/src/index.ts'
import { key, matmul, normal } from '../packages/core/src/index.ts'

export interface Host {
  /** Whether a string can be run as code. */
  readonly evaluates: boolean
  readonly sharedMemory: boolean
  readonly webAssembly: boolean
  /** What the backend takes its WebAssembly for. */
  readonly simd: boolean
  readonly fused: boolean
  /** Modules that were compiled after that was found out. */
  readonly modules: number
  /** Threads that came up beside this one. */
  readonly threads: number
  readonly cases: number
  readonly failures: readonly string[]
}

let modules = 0
const workers: Worker[] = []

// Whatever the backend does to the host it does by these two.
if (typeof WebAssembly === 'object')
  WebAssembly.Module = class extends WebAssembly.Module {
    constructor(bytes: BufferSource) {
      super(bytes)
      modules++
    }
  }
workerThreads.Worker = class extends Worker {
  constructor(url: URL) {
    super(url)
    workers.push(this)
  }
}

const failures: string[] = []
async function attempt(name: string, run: () => unknown): Promise<void> {
  try {
    await run()
  } catch (error) {
    failures.push(`${name}: ${error}`)
  }
}

const { simd, fused } = features()
const probes = modules
const backend = cpu({ wasm: 'always', threads: 2 })
const cases = [...conformance(), ...edges()]
for (const { name, run } of cases) await attempt(name, () => run(backend))
await attempt('a product that threads share', async () => {
  const x = normal(key(0), [150, 150])
  const product = (threads: number) => String(matmul(x, x).dataSync({ backend: cpu({ wasm: 'always', threads }) }))
  const alone = product(1)
  if (product(2) !== alone) throw new Error('two threads give other bits than one')
  for (const worker of workers) {
    worker.ref()
    await once(worker, 'online')
  }
  if (product(2) !== alone) throw new Error('two threads that are awake give other bits than one')
  for (const worker of workers) await worker.terminate()
})

function evaluates(): boolean {
  try {
    return new Function('return true')()
  } catch {
    return false
  }
}

const found: Host = {
  evaluates: evaluates(),
  sharedMemory: typeof SharedArrayBuffer === 'function',
  webAssembly: typeof WebAssembly === 'object',
  simd,
  fused,
  modules: modules - probes,
  threads: workers.length,
  cases: cases.length,
  failures,
}
console.log(JSON.stringify(found))
