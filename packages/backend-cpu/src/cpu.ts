import type { Backend, DType, Kernel, MemoryInfo, Program, TypedArray } from '@wengert/core'
import { prepareArgSort } from './argSort.ts'
import { array } from './array.ts'
import { bind } from './bind.ts'
import { stepByStep } from './chain.ts'
import { prepareConcat } from './concat.ts'
import { prepareGather } from './gather.ts'
import { prepareKeptMatmul } from './keptMatmul.ts'
import { prepareMap } from './map.ts'
import { prepareMatmul } from './matmul.ts'
import { prepareMatmulEpilogue } from './matmulEpilogue.ts'
import { preparePad } from './pad.ts'
import { prepareRandom } from './random.ts'
import { prepareReduce } from './reduce.ts'
import { prepareRoutine } from './routine.ts'
import { prepareScan } from './scan.ts'
import { prepareScatterAdd } from './scatterAdd.ts'
import type { Tier } from './wasm/tier.ts'

/** A buffer of the CPU backend: one typed array, to be asked for anew by each run. */
export interface CpuBuffer {
  readonly data: TypedArray
  /** Its address in linear memory; -1 for arrays that lie elsewhere. */
  readonly at: number
  /** Where it waits for its next use; null for host arrays that were handed in, which are read and never written. */
  readonly bin: CpuBuffer[] | null
}

/** A part of what a kernel does on fixed buffers. */
export interface Call {
  run(): void
}

/** A kernel on fixed buffers, as a flat list of calls. */
export interface BoundProgram {
  /** One run, call by call. */
  readonly calls: readonly Call[]
  /** Takes the numbers of the scalars over; called before the first run, and when one has changed. */
  readonly setScalars: (numbers: readonly number[]) => void
}

/** A program that may also be had on fixed buffers; null where that gains nothing. */
export interface CpuProgram extends Program<CpuBuffer> {
  /** Whether it works on linear memory, to which it copies what lies elsewhere. */
  readonly linear?: boolean
  bind?(inputs: readonly CpuBuffer[], outputs: readonly CpuBuffer[]): BoundProgram | null
}

/** A backend that computes at once, so `dataSync` and `item` work. */
export interface CpuBackend extends Backend<CpuBuffer> {
  readSync(buffer: CpuBuffer): TypedArray
}

const dtypes: ReadonlySet<DType> = new Set(['bool', 'i32', 'f32', 'f64'] as const)

/** Bytes of freed buffers that are kept for later use. */
const poolLimit = 256 * 2 ** 20

/** Bytes beyond which a freed buffer goes back to linear memory at once, to be divided anew. */
const pooledAtMost = 65536

/** The CPU backend with a second tier for large kernels, or with loops alone. */
export function cpuOn(tier: Tier | null): CpuBackend {
  // Buffers of equal dtype and size wait together.
  const bins: Record<DType, Map<number, CpuBuffer[]>> = {
    bool: new Map(),
    i32: new Map(),
    f16: new Map(),
    f32: new Map(),
    f64: new Map(),
  }
  let pooled = 0
  let buffers = 0
  let bytes = 0

  const count = (buffer: CpuBuffer): CpuBuffer => {
    buffers++
    bytes += buffer.data.byteLength
    return buffer
  }

  const prepare = (kernel: Kernel): CpuProgram => {
    const loops = prepareLoops(kernel, prepare)
    return tier?.prepare(kernel, loops) ?? loops
  }

  return {
    name: 'cpu',
    dtypes,
    maxBuffers: 24,
    inPlace: true,
    fusesMatmul: true,
    alloc(dtype, size) {
      let bin = bins[dtype].get(size)
      if (!bin) {
        bin = []
        bins[dtype].set(size, bin)
      }
      const idle = bin.pop()
      if (idle) pooled -= idle.data.byteLength
      return count(idle ?? tier?.alloc(dtype, size, bin) ?? { data: array(dtype, size), at: -1, bin })
    },
    free(buffer) {
      const { byteLength } = buffer.data
      buffers--
      bytes -= byteLength
      if (!buffer.bin) return
      if (buffer.at >= 0 && (byteLength > pooledAtMost || pooled + byteLength > poolLimit)) tier?.release(buffer)
      else if (pooled + byteLength <= poolLimit) {
        pooled += byteLength
        buffer.bin.push(buffer)
      }
    },
    upload: (data) => count({ data, at: -1, bin: null }),
    read: async (buffer) => buffer.data.slice(),
    readSync: (buffer) => buffer.data.slice(),
    prepare,
    ...(tier && {
      chains: { join: tier.join, prepare: (chain) => tier.prepareChain(chain, stepByStep(chain, prepare)) },
    }),
    bind: (sequence) => bind(sequence, tier),
    submit() {},
    memory: (): MemoryInfo => ({ buffers, bytes }),
  }
}

function prepareLoops(kernel: Kernel, prepare: (kernel: Kernel) => CpuProgram): CpuProgram {
  switch (kernel.kind) {
    case 'map':
      return prepareMap(kernel)
    case 'reduce':
      return prepareReduce(kernel)
    case 'matmul':
      if (kernel.epilogue) return prepareMatmulEpilogue(kernel, kernel.epilogue, prepare)
      return kernel.kept ? prepareKeptMatmul({ ...kernel, kept: kernel.kept }, prepare) : prepareMatmul(kernel)
    case 'pad':
      return preparePad(kernel)
    case 'gather':
      return prepareGather(kernel)
    case 'scatterAdd':
      return prepareScatterAdd(kernel)
    case 'scan':
      return prepareScan(kernel)
    case 'argSort':
      return prepareArgSort(kernel)
    case 'concat':
      return prepareConcat(kernel)
    case 'random':
      return prepareRandom(kernel)
    case 'routine':
      return prepareRoutine(kernel)
    default:
      return kernel satisfies never
  }
}
