import { describe, expect, it } from 'vitest'
import { bind } from './bind.ts'
import type { CpuProgram } from './cpu.ts'
import { newMemory } from './wasm/engine.ts'
import { Heap } from './wasm/heap.ts'
import { elementBytes, LinearBuffer } from './wasm/linear.ts'
import type { Tier } from './wasm/tier.ts'

describe('a bound sequence', () => {
  it('keeps its results where a kernel makes the memory grow', () => {
    const heap = new Heap(newMemory(false))
    const released: number[] = []
    const tier: Tier = {
      alloc: (dtype, size, bin) =>
        new LinearBuffer(heap, heap.take(size * elementBytes[dtype]) as number, dtype, size, bin),
      release: ({ at }) => void released.push(at),
      prepare: () => null,
      join: (jobs) => jobs,
      prepareChain: (_, steps) => steps,
    }
    let growing = 0
    const doubled: CpuProgram = {
      linear: true,
      run([x], _, [y]) {
        if (growing-- > 0) heap.memory.grow(1)
        x?.data.forEach((value, i) => {
          if (y) y.data[i] = 2 * value
        })
      },
    }
    const buffer = { dtype: 'f32', size: 100 } as const
    const step = { program: doubled, scalars: [] }
    const run = bind(
      {
        inputs: [buffer],
        slots: [buffer],
        outputs: [buffer],
        steps: [
          { ...step, inputs: [0], outputs: [1] },
          { ...step, inputs: [1], outputs: [2] },
        ],
      },
      tier,
    )
    const into = [new Float32Array(100)]
    for (const grows of [0, 1, 3, 0]) {
      growing = grows
      const x = Float32Array.from({ length: 100 }, (_, i) => i + grows)
      const wanted = [x.map((value) => 4 * value)]
      expect(run([x], [])).toEqual(wanted)
      growing = grows
      expect(run([x], [], into)).toBe(into)
      expect(into).toEqual(wanted)
    }
    expect(released).toEqual([])
  })
})
