import { describe, expect, it } from 'vitest'
import { cpu } from './cpu.ts'
import { Desk, deskBytes, type Start } from './desk.ts'
import { newMemory } from './engine.ts'
import { Heap } from './heap.ts'
import { startThread } from './hostThreads.ts'
import { type Product, roomBytes } from './products.ts'

interface Found {
  readonly isolated: boolean
  readonly workers: number
  readonly one: readonly number[]
  readonly two: readonly number[]
}

/** Products on one thread and on two, and how many workers that took. Its text runs in a frame, so it stands alone. */
function products(of: typeof cpu): Found {
  let workers = 0
  const { Worker: Started } = globalThis
  globalThis.Worker = class extends Started {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options)
      workers++
    }
  }
  const [m, k, n] = [300, 70, 90] as const
  const [one, two] = [1, 2].map((threads) => {
    const backend = of({ threads })
    const [a, b, c] = [m * k, k * n, m * n].map((size) => backend.alloc('f32', size))
    if (!a || !b || !c) throw new Error('no buffers')
    for (const { data } of [a, b]) for (let i = 0; i < data.length; i++) data[i] = Math.sin(i)
    const operand = (rows: number, columns: number) =>
      ({ dtype: 'f32', shape: [rows, columns], strides: [columns, 1], offset: 0 }) as const
    const kernel = { kind: 'matmul', dtype: 'f32', batch: [], m, k, n, a: operand(m, k), b: operand(k, n) } as const
    backend.prepare(kernel).run([a, b], [], [c])
    return [...backend.readSync(c)]
  }) as [number[], number[]]
  globalThis.Worker = Started
  return { isolated: crossOriginIsolated, workers, one, two }
}

describe('threads in a browser', () => {
  it('start where the page is cross-origin isolated, and give the same bits', () => {
    const { isolated, workers, one, two } = products(cpu)
    expect(isolated).toBe(true)
    expect(workers).toBe(1)
    expect(two).toEqual(one)
    expect(new Set(one).size).toBeGreaterThan(1000)
  })

  it('take their share of the work', async () => {
    const memory = newMemory(true)
    const heap = new Heap(memory)
    const [at, room, numbers] = [deskBytes, roomBytes, 2 ** 16].map((bytes) => heap.take(bytes)) as [
      number,
      number,
      number,
    ]
    const desk = new Desk(memory, at)
    desk.clear()
    startThread({ memory, desk: at, room } satisfies Start)
    const floats = new Float32Array(memory.buffer, numbers, 2 ** 14).fill(1)
    const steps = { rowA: 64, columnA: 4, tablesA: 0, rowB: 64, columnB: 4, tablesB: 0, rowC: 64 }
    const one = { ...steps, m: 16, k: 16, n: 16 }
    const handed = Array.from(
      { length: 8 },
      (_, i): Product => ({ ...one, a: numbers, b: numbers, c: numbers + 1024 * (i + 1) }),
    )
    // Here nothing is computed: what has its sums in the end was done by the worker.
    const byWorker = (): number => handed.filter((_, i) => floats[256 * (i + 1)] === 16).length
    const deadline = performance.now() + 20_000
    while (byWorker() === 0 && performance.now() < deadline) {
      desk.finish(handed, () => {
        const until = performance.now() + 1
        while (performance.now() < until);
      })
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(byWorker()).toBeGreaterThan(0)
  })

  it('do not start where it is not: one does everything', async () => {
    const frame = document.createElement('iframe')
    frame.allow = "cross-origin-isolated 'none'"
    const module = new URL('./cpu.ts', import.meta.url).href
    frame.srcdoc = `<script type="module">
      import { cpu } from '${module}'
      parent.postMessage((${products})(cpu))
    </script>`
    const found = new Promise<Found>((resolve) => {
      addEventListener('message', ({ source, data }) => source === frame.contentWindow && resolve(data))
    })
    document.body.append(frame)
    const { isolated, workers, one, two } = await found
    frame.remove()
    expect(isolated).toBe(false)
    expect(workers).toBe(0)
    expect(two).toEqual(one)
  }, 20_000)
})
