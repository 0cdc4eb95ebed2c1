import type { Backend } from '../backend.ts'
import type { DType, TypedArray } from '../dtype.ts'
import type { SourceBuffer } from './run.ts'

/** A host array that was uploaded at least once. */
interface Upload {
  /** null while the backend does not keep it. */
  buffer: unknown
  readonly bytes: number
}

/** What an array counts at least: a buffer has a cost of its own. */
const leastBytes = 256

const caches = new WeakMap<Backend, Uploads>()

/** The buffer of a host array, which nobody writes. Backends that read host arrays in place pay for no cache. */
export function uploaded(data: TypedArray, dtype: DType, backend: Backend): SourceBuffer {
  const { uploadBudget } = backend
  if (uploadBudget === undefined) return { buffer: backend.upload(data, dtype), temporary: true }
  let cache = caches.get(backend)
  if (!cache) {
    cache = new Uploads(backend, uploadBudget)
    caches.set(backend, cache)
  }
  return cache.bufferOf(data, dtype)
}

/** Frees what exceeds the budget. Called when a run's work is enqueued: until then it may need any of the buffers. */
export function trimUploads(backend: Backend): void {
  if (backend.uploadBudget !== undefined) caches.get(backend)?.trim()
}

/**
 * Host arrays that stay on a backend. Most arrays, such as the batches of an epoch, are used by a single run; they must not
 * drive out those that are used by all of them, so an array is kept from its second use on.
 */
class Uploads {
  readonly #backend: Backend
  readonly #budget: number
  readonly #known = new WeakMap<TypedArray, Upload>()
  /** From the least to the most recently used. */
  readonly #kept = new Set<Upload>()
  readonly #collected = new FinalizationRegistry<Upload>((upload) => this.#drop(upload))
  #bytes = 0

  constructor(backend: Backend, budget: number) {
    this.#backend = backend
    this.#budget = budget
  }

  bufferOf(data: TypedArray, dtype: DType): SourceBuffer {
    const upload = this.#known.get(data)
    if (upload && this.#kept.delete(upload)) {
      this.#kept.add(upload)
      return { buffer: upload.buffer, temporary: false }
    }
    const buffer = this.#backend.upload(data, dtype)
    if (!upload) this.#known.set(data, { buffer: null, bytes: Math.max(data.byteLength, leastBytes) })
    if (!upload || upload.bytes > this.#budget) return { buffer, temporary: true }
    upload.buffer = buffer
    this.#bytes += upload.bytes
    this.#kept.add(upload)
    this.#collected.register(data, upload, upload)
    return { buffer, temporary: false }
  }

  trim(): void {
    for (const upload of this.#kept) {
      if (this.#bytes <= this.#budget) return
      this.#drop(upload)
    }
  }

  #drop(upload: Upload): void {
    if (!this.#kept.delete(upload)) return
    this.#collected.unregister(upload)
    this.#bytes -= upload.bytes
    this.#backend.free(upload.buffer)
    upload.buffer = null
  }
}
