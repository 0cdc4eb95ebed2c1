import type { DType, TypedArray } from '@wengert/core'
import { fromHalfBits } from './half.ts'
import { bytesOf, classOf } from './pool.ts'

/** WebGPU's flags MAP_READ and COPY_DST. */
const usage = 0x1 | 0x8

/** WebGPU's map mode READ. */
const mapRead = 0x1

/** Bytes of a staging buffer that is kept for the next read. */
const keptBytes = 2 ** 20

/** Buffers that results pass through on their way to the host. */
export class StagingBuffers {
  readonly #device: GPUDevice
  readonly #idle = new Map<number, GPUBuffer[]>()

  constructor(device: GPUDevice) {
    this.#device = device
  }

  take(bytes: number): GPUBuffer {
    const size = classOf(bytes)
    return this.#idle.get(size)?.pop() ?? this.#device.createBuffer({ size, usage })
  }

  /** The contents once the copy into it is done; the buffer is used again. */
  async read(buffer: GPUBuffer, dtype: DType, size: number): Promise<TypedArray> {
    await buffer.mapAsync(mapRead)
    const bytes = buffer.getMappedRange(0, bytesOf(dtype, size)).slice(0, (dtype === 'f16' ? 2 : 4) * size)
    buffer.unmap()
    if (buffer.size > keptBytes) buffer.destroy()
    else {
      const list = this.#idle.get(buffer.size)
      if (list) list.push(buffer)
      else this.#idle.set(buffer.size, [buffer])
    }
    if (dtype === 'bool') return Uint8Array.from(new Uint32Array(bytes))
    if (dtype === 'f16') return Float32Array.from(new Uint16Array(bytes), fromHalfBits)
    return dtype === 'i32' ? new Int32Array(bytes) : new Float32Array(bytes)
  }
}
