import type { DType, MemoryInfo } from '@wengert/core'

/** Bytes of so many elements, as a number that may be copied: a multiple of four, and not 0. */
export function bytesOf(dtype: DType, size: number): number {
  return 4 * Math.max(1, dtype === 'f16' ? Math.ceil(size / 2) : size)
}

/** A buffer of the WebGPU backend. */
export interface GpuBuffer {
  readonly buffer: GPUBuffer
  readonly dtype: DType
  /** Number of elements, each of four bytes, or two as an f16. */
  readonly size: number
  /** Names the GPUBuffer in the keys of bind groups. */
  readonly id: number
}

/** What the backend holds. */
export interface GpuMemoryInfo extends MemoryInfo {
  /** Buffers that wait for their next use. */
  readonly idleBuffers: number
  /** Their size in bytes. */
  readonly idleBytes: number
}

/** Bytes of idle buffers that are kept. */
const idleLimit = 512 * 2 ** 20

/** Everything a buffer of the pool is used for. WebGPU's flags STORAGE, COPY_SRC and COPY_DST. */
const usage = 0x80 | 0x4 | 0x8

interface Pooled {
  readonly buffer: GPUBuffer
  readonly id: number
}

/**
 * Buffers in classes of size, used again and again. Work is ordered by the queue, so a freed buffer may at once be written by
 * later kernels; but data written by the host reaches the GPU before the commands that are being recorded, so
 * uploads take only buffers that no recorded command knows.
 */
export class BufferPool {
  readonly #device: GPUDevice
  /** Called with the ids of buffers that are no more. */
  readonly #forget: (ids: ReadonlySet<number>) => void
  /** Idle buffers that no recorded command uses, and idle ones that some may. */
  readonly #idle = new Map<number, Pooled[]>()
  readonly #recorded = new Map<number, Pooled[]>()
  readonly #live = new Set<GpuBuffer>()
  #bytes = 0
  #idleBuffers = 0
  #idleBytes = 0
  #lastId = 0

  constructor(device: GPUDevice, forget: (ids: ReadonlySet<number>) => void) {
    this.#device = device
    this.#forget = forget
  }

  /** A buffer for kernels to write. */
  take(dtype: DType, size: number): GpuBuffer {
    const bytes = classOf(bytesOf(dtype, size))
    return this.#hand(
      dtype,
      size,
      this.#pop(this.#recorded, bytes) ?? this.#pop(this.#idle, bytes) ?? this.#make(bytes),
    )
  }

  /** A buffer for the host to write. */
  takeForUpload(dtype: DType, size: number): GpuBuffer {
    const bytes = classOf(bytesOf(dtype, size))
    return this.#hand(dtype, size, this.#pop(this.#idle, bytes) ?? this.#make(bytes))
  }

  give(buffer: GpuBuffer): void {
    if (!this.#live.delete(buffer)) return
    const bytes = buffer.buffer.size
    this.#bytes -= bytes
    this.#idleBuffers++
    this.#idleBytes += bytes
    push(this.#recorded, bytes, { buffer: buffer.buffer, id: buffer.id })
  }

  /** To be called when all recorded commands are submitted: from then on buffers may be written by the host, or destroyed. */
  submitted(): void {
    for (const [bytes, buffers] of this.#recorded) for (const buffer of buffers) push(this.#idle, bytes, buffer)
    this.#recorded.clear()
    if (this.#idleBytes > idleLimit) this.#shrink()
  }

  destroyAll(): void {
    this.submitted()
    for (const buffers of this.#idle.values()) for (const { buffer } of buffers) buffer.destroy()
    for (const { buffer } of this.#live) buffer.destroy()
    this.#idle.clear()
    this.#live.clear()
    this.#bytes = this.#idleBuffers = this.#idleBytes = 0
  }

  memory(): GpuMemoryInfo {
    return { buffers: this.#live.size, bytes: this.#bytes, idleBuffers: this.#idleBuffers, idleBytes: this.#idleBytes }
  }

  #hand(dtype: DType, size: number, { buffer, id }: Pooled): GpuBuffer {
    const handed = { buffer, dtype, size, id }
    this.#live.add(handed)
    this.#bytes += buffer.size
    return handed
  }

  #pop(from: Map<number, Pooled[]>, bytes: number): Pooled | undefined {
    const found = from.get(bytes)?.pop()
    if (found) {
      this.#idleBuffers--
      this.#idleBytes -= bytes
    }
    return found
  }

  #make(bytes: number): Pooled {
    return { buffer: this.#device.createBuffer({ size: bytes, usage }), id: ++this.#lastId }
  }

  /** Destroys idle buffers, the largest first, until half of what may wait is left. */
  #shrink(): void {
    const gone = new Set<number>()
    for (const bytes of [...this.#idle.keys()].sort((a, b) => b - a)) {
      while (this.#idleBytes > idleLimit / 2) {
        const found = this.#pop(this.#idle, bytes)
        if (!found) break
        found.buffer.destroy()
        gone.add(found.id)
      }
    }
    this.#forget(gone)
  }
}

/** Bytes of a buffer's class: eight classes for each power of two, so that at most an eighth is wasted. */
export function classOf(bytes: number): number {
  const least = 256
  if (bytes <= least) return least
  const step = 2 ** Math.max(8, Math.floor(Math.log2(bytes)) - 3)
  return Math.ceil(bytes / step) * step
}

function push(to: Map<number, Pooled[]>, bytes: number, buffer: Pooled): void {
  const list = to.get(bytes)
  if (list) list.push(buffer)
  else to.set(bytes, [buffer])
}
