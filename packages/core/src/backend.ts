import type { DType, TypedArray } from './dtype.ts'
import { BackendError } from './errors.ts'
import type { Job } from './evaluate/slots.ts'
import type { Kernel, MapKernel, ReduceKernel } from './kernel.ts'

/** A kernel made ready. */
export interface Program<B> {
  /** Enqueues one run that reads `inputs` and `scalars` and writes all of `outputs`. The lists are used again later. */
  run(inputs: readonly B[], scalars: readonly number[], outputs: readonly B[]): void
}

/** What a buffer holds. */
export interface BufferType {
  readonly dtype: DType
  /** Number of elements. */
  readonly size: number
}

/** One kernel of a sequence: which of its buffers it reads and writes, and which of its scalars it takes. */
export interface SequenceStep<B> {
  readonly program: Program<B>
  readonly inputs: readonly number[]
  readonly scalars: readonly number[]
  readonly outputs: readonly number[]
}

/** Kernels in the order in which they run. Their buffers are numbered: the inputs first, then what is made on the way, then outputs. */
export interface Sequence<B> {
  readonly inputs: readonly BufferType[]
  readonly slots: readonly BufferType[]
  readonly outputs: readonly BufferType[]
  readonly steps: readonly SequenceStep<B>[]
}

/**
 * Runs a sequence from host arrays for the inputs, which it copies, and the scalars to the outputs, which belong to the caller: new
 * arrays, or those of an earlier run, `into`, which it writes again; none of these may be an input.
 */
export type BoundSequence = (
  inputs: readonly TypedArray[],
  scalars: readonly number[],
  into?: TypedArray[],
) => TypedArray[]

/** One kernel of a chain: which of its buffers it reads and writes, and which of its scalars it takes. */
export interface ChainStep {
  readonly kernel: MapKernel | ReduceKernel
  readonly inputs: readonly number[]
  readonly scalars: readonly number[]
  readonly outputs: readonly number[]
}

/**
 * Maps and reductions along the same rows, one after another. The first axis of each is that of the rows, and is not reduced; what
 * one reads of another's result is, for each row, that row alone. So all of them may be run on some rows, which stay in a cache,
 * before the next rows are begun. The chain's buffers are numbered: its inputs first, then what nobody needs afterwards, whose
 * types are `slots`, then its outputs.
 */
export interface Chain {
  readonly kind: 'chain'
  readonly rows: number
  /** How many buffers are read that are not its own. */
  readonly inputs: number
  readonly slots: readonly BufferType[]
  readonly outputs: readonly BufferType[]
  readonly steps: readonly ChainStep[]
}

/** How a backend runs chains. */
export interface Chains<B> {
  /** Joins kernels of a plan by `chainRows`, which the backend brings along, so that programs without chains do not carry it. */
  join(jobs: readonly Job[], isKept: (node: number) => boolean): readonly Job[]
  /** Readies a chain. Its programs get the inputs and write the outputs. */
  prepare(chain: Chain): Program<B>
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
  /**
   * Bytes of host data that may stay uploaded when a run has ended, so that what run after run reads is copied once; the
   * least recently used is freed first. Absent where `upload` copies nothing.
   */
  readonly uploadBudget?: number
  /** Buffers that one kernel may read and write, all told, which bounds how much is fused. @default 8 */
  readonly maxBuffers?: number
  /** Steps that the body of a kernel may have, which bounds it too. @default 64 */
  readonly maxSteps?: number
  /**
   * Whether what the body of a map or reduction yields may be written over one of its inputs, one buffer being both. Such an input is
   * read whole and in order, and by no step after the one that yields what is written. @default false
   */
  readonly inPlace?: boolean
  /**
   * Whether its matrix products take operands with several axes for rows or columns, so that windows of an image need not be copied,
   * and a map of what they yield. @default false
   */
  readonly fusesMatmul?: boolean
  /** Absent where each kernel runs by itself. */
  readonly chains?: Chains<B>
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
  /**
   * A function that runs a sequence at once, for small ones that run often. Its buffers are its own, go when it is collected as
   * garbage, and do not count in `memory`. Optional: without it each run allocates its buffers.
   */
  bind?(sequence: Sequence<B>): BoundSequence
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
