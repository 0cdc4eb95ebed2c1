import type { DType, TypedArray } from './dtype.ts'
import { BackendError } from './errors.ts'
import type { Kernel } from './kernel.ts'

/** A kernel made ready. */
export interface Program<B> {
  /** Enqueues one run that reads `inputs` and `scalars` and writes all of `output`. The lists are used again later. */
  run(inputs: readonly B[], scalars: readonly number[], output: B): void
}

/** What a backend holds at present. */
export interface MemoryInfo {
  /** Buffers allocated or uploaded and not yet freed. */
  readonly buffers: number
  /** Their size in bytes. */
  readonly bytes: number
}

/**
 * What runs kernels. A backend knows kernel kinds and scalar functions; it holds no shape logic, no derivatives and no
 * reference counts. `B` is its own type of buffer.
 */
export interface Backend<B = unknown> {
  readonly name: string
  readonly dtypes: ReadonlySet<DType>
  /** A buffer of `size` elements with undefined contents. */
  alloc(dtype: DType, size: number): B
  /** Gives a buffer back; work enqueued before may still use it. */
  free(buffer: B): void
  /** A buffer with the contents of a host array, which nobody writes from then on. */
  upload(data: TypedArray, dtype: DType): B
  /** The contents of a buffer after all work enqueued before; the array belongs to the caller. */
  read(buffer: B): Promise<TypedArray>
  /** The same at once. Absent on asynchronous backends. */
  readSync?(buffer: B): TypedArray
  /** Readies a kernel; may be slow, since plans are cached. */
  prepare(kernel: Kernel): Program<B>
  /** Hands enqueued work to the device. */
  submit(): void
  memory(): MemoryInfo
}

let chosen: Backend | null = null

/** Sets the backend for every evaluation that does not name one. Call it once, at the start of a program. */
export function useBackend(backend: Backend): void {
  chosen = backend
}

/** The backend to evaluate on: the given one, else the one set by `useBackend`. */
export function backendFor(fn: string, given: Backend | undefined): Backend {
  const backend = given ?? chosen
  if (!backend)
    throw new BackendError(
      `${fn}: a backend must be chosen before anything is computed, got none. ` +
        "Call useBackend(cpu()) once, with cpu from '@wengert/backend-cpu', or pass { backend }.",
    )
  return backend
}
