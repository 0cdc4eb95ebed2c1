import type { Backend, DType, Kernel, MemoryInfo, Program, TypedArray } from '@wengert/core'
import { prepareMap } from './map.ts'
import { prepareMatmul } from './matmul.ts'
import { preparePad } from './pad.ts'
import { prepareRandom } from './random.ts'
import { prepareReduce } from './reduce.ts'

/** A buffer of the CPU backend: one typed array. */
export interface CpuBuffer {
  readonly data: TypedArray
  /** False for host arrays that were handed in: they are read, never written or used again. */
  readonly owned: boolean
}

/** A backend that computes at once, so `dataSync` and `item` work. */
export interface CpuBackend extends Backend<CpuBuffer> {
  readSync(buffer: CpuBuffer): TypedArray
}

const arrays = { bool: Uint8Array, i32: Int32Array, f32: Float32Array, f64: Float64Array } as const
const dtypes: ReadonlySet<DType> = new Set(['bool', 'i32', 'f32', 'f64'] as const)

/** Bytes of freed buffers that are kept for later use. */
const poolLimit = 256 * 2 ** 20

/**
 * The CPU backend: readable loops over typed arrays, every dtype, synchronous. It is the oracle for other backends.
 * Arithmetic is done in f64 and rounded to the dtype at the end of each scalar function; sums are kept in f64.
 */
export function cpu(): CpuBackend {
  const pool: Record<DType, Map<number, CpuBuffer[]>> = {
    bool: new Map(),
    i32: new Map(),
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

  return {
    name: 'cpu',
    dtypes,
    alloc(dtype, size) {
      const idle = pool[dtype].get(size)?.pop()
      if (idle) pooled -= idle.data.byteLength
      return count(idle ?? { data: new arrays[dtype](size), owned: true })
    },
    free(buffer) {
      buffers--
      bytes -= buffer.data.byteLength
      if (!buffer.owned || pooled + buffer.data.byteLength > poolLimit) return
      pooled += buffer.data.byteLength
      const sizes = pool[dtypeOf(buffer.data)]
      const idle = sizes.get(buffer.data.length)
      if (idle) idle.push(buffer)
      else sizes.set(buffer.data.length, [buffer])
    },
    upload: (data) => count({ data, owned: false }),
    read: async (buffer) => buffer.data.slice(),
    readSync: (buffer) => buffer.data.slice(),
    prepare,
    submit() {},
    memory: (): MemoryInfo => ({ buffers, bytes }),
  }
}

function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return 'f32'
  if (data instanceof Float64Array) return 'f64'
  return data instanceof Int32Array ? 'i32' : 'bool'
}

function prepare(kernel: Kernel): Program<CpuBuffer> {
  switch (kernel.kind) {
    case 'map':
      return prepareMap(kernel)
    case 'reduce':
      return prepareReduce(kernel)
    case 'matmul':
      return prepareMatmul(kernel)
    case 'pad':
      return preparePad(kernel)
    case 'random':
      return prepareRandom(kernel)
    default:
      return kernel satisfies never
  }
}
