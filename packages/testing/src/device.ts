import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type CpuBuffer, cpu } from '@wengert/backend-cpu'
import type { Backend, DType } from '@wengert/core'

/** A buffer of a device that is played. */
export interface DeviceBuffer {
  readonly inner: CpuBuffer
  live: boolean
}

export interface Device extends Backend<DeviceBuffer> {
  /** Arrays uploaded, kernels run and buffers read so far. */
  readonly counts: { uploads: number; kernels: number; reads: number }
}

export interface DeviceOptions {
  /** Bytes of host data that may stay. @default no cache */
  readonly uploadBudget?: number
}

const dtypes: ReadonlySet<DType> = new Set(['bool', 'i32', 'f32'] as const)

/**
 * Plays a device on the CPU: asynchronous, without f64, with a copy of whatever is uploaded. It throws where a buffer is used
 * or freed after it was freed.
 */
export function device({ uploadBudget }: DeviceOptions = {}): Device {
  const backend = cpu()
  const counts = { uploads: 0, kernels: 0, reads: 0 }
  const inner = (buffer: DeviceBuffer): CpuBuffer => {
    if (!buffer.live) throw new Error('the device must not be given a buffer that was freed')
    return buffer.inner
  }
  return {
    name: 'device',
    dtypes,
    ...(uploadBudget !== undefined && { uploadBudget }),
    counts,
    submit: backend.submit,
    memory: backend.memory,
    alloc: (dtype, size) => ({ inner: backend.alloc(dtype, size), live: true }),
    upload(data, dtype) {
      counts.uploads++
      return { inner: backend.upload(data.slice(), dtype), live: true }
    },
    free(buffer) {
      backend.free(inner(buffer))
      buffer.live = false
    },
    async read(buffer) {
      counts.reads++
      const data = await backend.read(inner(buffer))
      await new Promise((done) => setImmediate(done))
      return data
    },
    prepare(kernel) {
      const program = backend.prepare(kernel)
      return {
        run(inputs, scalars, outputs) {
          counts.kernels++
          program.run(inputs.map(inner), scalars, outputs.map(inner))
        },
      }
    },
  }
}

/** Collects garbage until a condition holds, as far as a few rounds reach. */
export async function collectGarbage(until: () => boolean): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 20 && !until(); round++) {
    collect()
    await new Promise((done) => setTimeout(done, 1))
  }
}
