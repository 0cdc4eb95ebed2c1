import { type CpuBuffer, cpu } from '@wengert/backend-cpu'
import type { Backend, Chains, Kernel, Operand, Program, Step, TypedArray } from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { conformance } from './index.ts'

const cases = conformance()

describe('the CPU backend', () => {
  it.each(cases)('$name', ({ run }) => run(cpu()))
})

describe('the CPU backend in WebAssembly, however small the kernel', () => {
  it.each(cases)('$name', ({ run }) => run(cpu({ wasm: 'always' })))
})

it('a backend without f64 and without synchronous reads passes', async () => {
  const { readSync: _, ...rest } = cpu()
  const later: Backend<CpuBuffer> = { ...rest, name: 'later', dtypes: new Set(['bool', 'i32', 'f32'] as const) }
  for (const { run } of cases) await run(later)
})

/** The CPU backend with something wrong in it. */
const broken: Record<string, () => Backend<CpuBuffer>> = {
  'reads with a wrong stride': () => {
    const backend = cpu()
    const turned = (input: Operand): Operand => ({ ...input, strides: input.strides.toReversed() })
    const wrong = (kernel: Kernel): Kernel =>
      kernel.kind === 'reduce' ? { ...kernel, inputs: kernel.inputs.map(turned) } : kernel
    return { ...backend, prepare: (kernel) => backend.prepare(wrong(kernel)) }
  },
  'reduces what it reads, not what the body makes of it': () => {
    const backend = cpu()
    const wrong = (kernel: Kernel): Kernel =>
      kernel.kind === 'reduce' && kernel.inputs.length === 1 && kernel.inputs[0]?.dtype === kernel.dtype
        ? { ...kernel, scalars: [], steps: [] }
        : kernel
    return { ...backend, prepare: (kernel) => backend.prepare(wrong(kernel)) }
  },
  'reads all inputs of a reduction in the layout of the first': () => {
    const backend = cpu()
    const wrong = (kernel: Kernel): Kernel =>
      kernel.kind === 'reduce' && kernel.inputs.length > 1
        ? { ...kernel, inputs: kernel.inputs.map((input) => ({ ...input, strides: kernel.inputs[0]?.strides ?? [] })) }
        : kernel
    return { ...backend, prepare: (kernel) => backend.prepare(wrong(kernel)) }
  },
  'runs the kernels of a chain in another order': () =>
    withChains((chains) => ({
      ...chains,
      prepare: (chain) => chains.prepare({ ...chain, steps: chain.steps.toReversed() }),
    })),
  'forgets the last row of a chain': () =>
    withChains((chains) => ({
      ...chains,
      prepare: (chain) => {
        const program = chains.prepare(chain)
        return {
          run(inputs, scalars, outputs) {
            const [, { data }] = outputs as [CpuBuffer, CpuBuffer]
            const last = data.slice(-data.length / chain.rows)
            program.run(inputs, scalars, outputs)
            data.set(last, data.length - last.length)
          },
        }
      },
    })),
  'clears what it writes before it reads': () => {
    const backend = cpu()
    return wrapped(backend, (program, inputs, scalars, outputs) => {
      for (const { data } of outputs) if (inputs.some((input) => input.data === data)) data.fill(0)
      program.run(inputs, scalars, outputs)
    })
  },
  'forgets the rest behind the last whole block': () => {
    const backend = cpu()
    return wrapped(backend, (program, inputs, scalars, outputs) => {
      const rests = outputs.map(({ data }) => data.slice(data.length - (data.length % 4)))
      program.run(inputs, scalars, outputs)
      outputs.forEach(({ data }, i) => {
        const rest = rests[i] as TypedArray
        if (rest.length < data.length) data.set(rest, data.length - rest.length)
      })
    })
  },
  'hands out a buffer that is in use': () => {
    const backend = cpu()
    let last: CpuBuffer | null = null
    return {
      ...backend,
      alloc(dtype, size) {
        const fresh = backend.alloc(dtype, size)
        if (last && last.data.length === size && last.data.constructor === fresh.data.constructor) return last
        last = fresh
        return fresh
      },
    }
  },
  'starts a kernel before the one before has finished': () => {
    const backend = cpu()
    let waiting: (() => void) | null = null
    const flush = (): void => {
      waiting?.()
      waiting = null
    }
    const late = wrapped(backend, (program, inputs, scalars, outputs) => {
      const [before, kept] = [waiting, [inputs.slice(), scalars.slice(), outputs.slice()] as const]
      // The kernel before writes only after this one has read.
      program.run(inputs, scalars, outputs)
      before?.()
      waiting = () => program.run(...kept)
    })
    return {
      ...late,
      readSync(buffer) {
        flush()
        return backend.readSync(buffer)
      },
      read(buffer) {
        flush()
        return backend.read(buffer)
      },
    }
  },
  'does not give buffers back': () => ({ ...cpu(), free() {} }),
  'writes into what was uploaded': () => {
    const backend = cpu()
    return wrapped(backend, (program, inputs, scalars, outputs) => {
      program.run(inputs, scalars, outputs)
      if (inputs[0]?.data instanceof Float32Array) inputs[0].data.fill(0)
    })
  },
  'binds numbers for good': () => bound((run, inputs, scalars, first) => run(inputs, first.scalars ?? scalars)),
  'binds inputs for good': () => bound((run, inputs, scalars, first) => run(first.inputs ?? inputs, scalars)),
  'writes results of bound sequences into the same arrays': () =>
    bound((run, inputs, scalars, first) => {
      const results = run(inputs, scalars)
      first.results?.forEach((values, i) => void values.set(results[i] as TypedArray))
      return first.results ?? results
    }),
  'does not write what is stored': () =>
    wrapped(cpu(), (program, inputs, scalars, outputs) => {
      const before = outputs.slice(1).map(({ data }) => data.slice())
      program.run(inputs, scalars, outputs)
      before.forEach((data, i) => void outputs[i + 1]?.data.set(data))
    }),
  'writes what is stored in the order of its first input': () => {
    const backend = cpu()
    return {
      ...backend,
      prepare(kernel) {
        const program = backend.prepare(kernel)
        if ((kernel.kind !== 'map' && kernel.kind !== 'reduce') || !kernel.stored) return program
        const [first] = kernel.inputs
        if (!first || (first.strides[0] ?? 0) >= (first.strides.at(-1) ?? 0)) return program
        const turned = ({ shape, strides, ...input }: Operand): Operand => ({
          ...input,
          shape: shape.toReversed(),
          strides: strides.toReversed(),
        })
        const { scalars, steps } = kernel
        const [shape, inputs] = [kernel.shape.toReversed(), kernel.inputs.map(turned)]
        const again = kernel.stored.map((at) => {
          const { dtype } = steps[at] as Step
          return backend.prepare({ kind: 'map', dtype, shape, inputs, scalars, steps: steps.slice(0, at + 1) })
        })
        return {
          run(read, numbers, outputs) {
            program.run(read, numbers, outputs)
            again.forEach((one, i) => void one.run(read, numbers, outputs.slice(i + 1)))
          },
        }
      },
    }
  },
  'rounds a sum in between': () => {
    const backend = cpu()
    return wrapped(backend, (program, inputs, scalars, outputs) => {
      program.run(inputs, scalars, outputs)
      for (const { data } of outputs)
        if (data instanceof Float32Array) data.set(data.map((v) => Number(v.toPrecision(4))))
    })
  },
}

function wrapped(
  backend: ReturnType<typeof cpu>,
  run: (program: Program<CpuBuffer>, ...args: Parameters<Program<CpuBuffer>['run']>) => void,
): ReturnType<typeof cpu> {
  return {
    ...backend,
    prepare(kernel) {
      const program = backend.prepare(kernel)
      return { run: (...args) => run(program, ...args) }
    },
  }
}

/** What a bound sequence was given and returned at first. */
interface First {
  inputs?: readonly TypedArray[]
  scalars?: readonly number[]
  results?: TypedArray[]
}

function bound(
  run: (inner: BoundSequence, inputs: readonly TypedArray[], scalars: readonly number[], first: First) => TypedArray[],
): Backend<CpuBuffer> {
  const backend = cpu()
  return {
    ...backend,
    bind(sequence) {
      const inner = backend.bind?.(sequence) as BoundSequence
      const first: First = {}
      return (inputs, scalars) => {
        const results = run(inner, inputs, scalars, first)
        Object.assign(first, { inputs, scalars, results }, first)
        return results
      }
    },
  }
}

function withChains(change: (chains: Chains<CpuBuffer>) => Chains<CpuBuffer>): Backend<CpuBuffer> {
  const backend = cpu()
  return { ...backend, chains: change(backend.chains as Chains<CpuBuffer>) }
}

type BoundSequence = ReturnType<NonNullable<Backend['bind']>>

describe('a backend that', () => {
  it.each(Object.entries(broken))('%s is found out', async (_, make) => {
    // The laws come last and find most.
    for (const { run } of cases.toReversed()) {
      const failed = await run(make()).then(
        () => false,
        () => true,
      )
      if (failed) return
    }
    expect.unreachable('every case passes')
  })
})
