import {
  type Chain,
  chainRows,
  type DType,
  type GatherKernel,
  type Job,
  type Kernel,
  type MapKernel,
  type ReduceKernel,
  type ScatterAddKernel,
  sizeOf,
} from '@wengert/core'
import type { CpuBuffer, CpuProgram } from '../cpu.ts'
import { argSortFunction, argSortScratch, onArgSort } from './argSort.ts'
import type { FunctionBuilder } from './assembler.ts'
import { isLaneType } from './body.ts'
import { onRows } from './chain.ts'
import { joinedParts, paddedPart } from './copies.ts'
import { compile, features, newMemory } from './engine.ts'
import { entriesOf, onEntries, orderedBytes } from './entries.ts'
import { gatheredBytes, gatherFunction, onGather } from './gather.ts'
import { Heap } from './heap.ts'
import { hasThreads } from './hostThreads.ts'
import { elementBytes, LinearBuffer, type LinearKernel, type LinearRun, staged } from './linear.ts'
import { mapFunction } from './map.ts'
import { type Multiplier, multiplierOn, prepareGemm } from './matmul.ts'
import { randomFunction } from './random.ts'
import { reduceFunction, reduceRoom } from './reduce.ts'
import { onScan, scanFunction } from './scan.ts'
import { onScatterAdd, scatterAddForm, scatterAddFunction, scatterAddScratch } from './scatterAdd.ts'
import { sumOfProducts } from './sumOfProducts.ts'

/** From which size on a kernel is worth generated code: decided by structure alone, so that a program always gives the same bits. */
export interface Thresholds {
  /** Elements of a map or of what a reduction reads; products of f64 are reductions of all they multiply. */
  readonly elements: number
  /** Elements that a gather or scatterAdd moves, or that are added up or sorted in a scan or argSort. */
  readonly moved: number
  /** Multiplications of a matrix product of f32. */
  readonly products: number
  /** Elements of a buffer in linear memory: it costs less to copy a few for a run than to look a buffer's array up. */
  readonly linear: number
  /** Bytes of the buffers of a chain of maps and reductions. */
  readonly chained: number
  /** Bytes of rows that go through a chain at a time: what the cache of a core holds. */
  readonly cached: number
}

// Compiling costs about half a millisecond for each structure of a map, and is shared by all products, and by all lookups, scans
// and sorts of a dtype, which gain from some 200 elements on.
export const byDefault: Thresholds = {
  elements: 8192,
  moved: 1024,
  products: 1024,
  linear: 65,
  chained: 2 ** 24,
  cached: 2 ** 19,
}

/** The second tier of the backend: buffers in a linear memory, and kernels as WebAssembly written for each structure. */
export interface Tier {
  /** null where memory is out, or a buffer is smaller than `least`. */
  alloc(dtype: DType, size: number, bin: CpuBuffer[], least?: number): CpuBuffer | null
  release(buffer: CpuBuffer): void
  /** The kernel in generated code; null where loops serve it better, or alone. `loops` steps in where memory is out. */
  prepare(kernel: Kernel, loops: CpuProgram): CpuProgram | null
  join(jobs: readonly Job[], isKept: (node: number) => boolean): readonly Job[]
  /** A chain in generated code, some rows at a time; where that cannot be, `steps`, its kernels one after another. */
  prepareChain(chain: Chain, steps: CpuProgram): CpuProgram
}

/** What works on one memory. */
interface Engine {
  readonly heap: Heap
  /** Compiled kernels by structure, the oldest first. */
  readonly functions: Map<string, (...args: number[]) => void>
  multiplier: Multiplier | null
}

// One memory for all backends of as many threads: hosts reserve gigabytes of addresses for each, though they are not used.
const engines = new Map<number, Engine>()

function engineOf(threads: number): Engine {
  let engine = engines.get(threads)
  if (!engine) {
    engine = { heap: new Heap(newMemory(threads > 1)), functions: new Map(), multiplier: null }
    engines.set(threads, engine)
  }
  return engine
}

const none: readonly number[] = []

/** Compiled kernels that are kept. */
const capacity = 4096

/** The tier of this host, or null where it lacks WebAssembly or its vectors. */
export function wasmTier(thresholds: Thresholds, threads: number): Tier | null {
  if (!features().simd) return null
  const count = threads > 1 && hasThreads() ? threads : 1
  const engine = engineOf(count)
  const own = engine.heap
  return {
    alloc(dtype, size, bin, least = thresholds.linear) {
      if (size < least) return null
      const at = own.take(size * elementBytes[dtype])
      return at === null ? null : new LinearBuffer(own, at, dtype, size, bin)
    },
    release: ({ at, data }) => own.give(at, data.byteLength),
    join: (jobs, isKept) => chainRows(jobs, isKept, thresholds.chained),
    prepareChain(chain, steps) {
      const found = onRows(
        chain,
        (kernel) => {
          const call = compiledBody(kernel, engine)
          return call && onBody(kernel, call)
        },
        thresholds.cached,
      )
      return found ? staged(own, steps, found) : steps
    },
    prepare(given, loops) {
      // The product and the map have each been readied by themselves.
      if (given.kind === 'matmul' && given.epilogue) return null
      const kernel = given.kind === 'matmul' && given.dtype === 'f64' ? (sumOfProducts(given) ?? given) : given
      switch (kernel.kind) {
        case 'map':
        case 'reduce': {
          if (sizeOf(kernel.shape) < thresholds.elements) return null
          const call = compiledBody(kernel, engine)
          const scratch = kernel.kind === 'reduce' ? reduceRoom(kernel) : 0
          return call && staged(own, loops, { run: onBody(kernel, call), operands: kernel.inputs, scratch })
        }
        case 'pad':
        case 'concat': {
          const size = sizeOf(kernel.shape)
          if (size < thresholds.elements) return null
          const bytes = elementBytes[kernel.dtype]
          const parts = (kernel.kind === 'pad' ? [paddedPart(kernel)] : joinedParts(kernel)).map((part) => {
            const call = compiledBody(part.copy, engine, part.strides)
            return call && onBody(part.copy, call, part.offset * bytes)
          })
          if (parts.includes(null)) return null
          const copy: LinearRun = (at, scalars, out) => {
            for (const [p, part] of parts.entries()) part?.([at[p] as number], scalars, out, none)
          }
          if (kernel.kind === 'concat')
            return staged(own, loops, { run: copy, operands: kernel.inputs, writes: 'part' })
          const run: LinearRun = (at, scalars, out) => {
            new Uint8Array(own.memory.buffer, out, size * bytes).fill(0)
            copy(at, scalars, out, none)
          }
          return staged(own, loops, { run, operands: [kernel.input] })
        }
        case 'matmul': {
          const { batch, m, n, k, dtype, kept } = kernel
          if (dtype !== 'f32' || kept || sizeOf(batch) * m * n * k < thresholds.products) return null
          engine.multiplier ??= multiplierOn(own, count)
          if (!engine.multiplier) return null
          return staged(own, loops, {
            ...prepareGemm(kernel, engine.multiplier, own),
            operands: [kernel.a, kernel.b],
          })
        }
        case 'random': {
          const { dtype } = kernel
          const size = sizeOf(kernel.shape)
          if (dtype === 'bool' || dtype === 'f16' || size < thresholds.elements) return null
          const call = compiled(engine, `random ${dtype}`, () => randomFunction(dtype))
          if (!call) return null
          return staged(own, loops, { run: (_, [k0 = 0, k1 = 0], out) => call(out, k0, k1, size), operands: [] })
        }
        case 'gather':
        case 'scatterAdd': {
          const found = sizeOf(kernel.indices.shape) < thresholds.moved ? null : onIndices(kernel, engine)
          return found && staged(own, loops, found)
        }
        case 'scan':
        case 'argSort': {
          const { input } = kernel
          const { dtype } = input
          if ((dtype !== 'f32' && dtype !== 'i32') || sizeOf(input.shape) < thresholds.moved) return null
          if (kernel.kind === 'scan') {
            const call = compiled(engine, `scan ${dtype}`, () => scanFunction(dtype))
            return call && staged(own, loops, { run: onScan(kernel, call), operands: [input] })
          }
          const call = compiled(engine, `argSort ${dtype}`, () => argSortFunction(dtype))
          const scratch = argSortScratch(kernel)
          return call && staged(own, loops, { run: onArgSort(kernel, call), operands: [input], scratch })
        }
        default:
          return null
      }
    },
  }
}

/** Calls the function of a body with addresses where its operands begin. */
function onBody(
  { inputs, stored = [] }: MapKernel | ReduceKernel,
  call: (...args: number[]) => void,
  outOffset = 0,
): LinearRun {
  const offsets = inputs.map(({ offset, dtype }) => offset * elementBytes[dtype])
  const firstInput = 1 + stored.length
  const firstScalar = firstInput + inputs.length
  const args: number[] = []
  return (at, scalars, out, others) => {
    args[0] = out + outOffset
    for (let i = 1; i < firstInput; i++) args[i] = others[i - 1] as number
    for (let i = 0; i < offsets.length; i++) args[firstInput + i] = (at[i] as number) + (offsets[i] as number)
    for (let i = 0; i < scalars.length; i++) args[firstScalar + i] = scalars[i] as number
    args[firstScalar + scalars.length] = at[inputs.length] ?? 0
    call(...args)
  }
}

/** A gather or scatterAdd; null for dtypes that have no function. */
function onIndices(kernel: GatherKernel | ScatterAddKernel, engine: Engine): LinearKernel | null {
  const { indices } = kernel
  const entries = entriesOf(indices)
  const copy = entries.copy && compiledBody(entries.copy, engine)
  const order = entries.copy && copy && onBody(entries.copy, copy)
  const scratch = orderedBytes(entries)
  if (kernel.kind === 'gather') {
    const call = isLaneType(kernel.dtype) && kernel.dtype !== 'f64' ? compiled(engine, 'gather', gatherFunction) : null
    const run = call && onEntries(entries, order, onGather(kernel, entries, call))
    return run && { run, operands: [kernel.input, indices], scratch, copies: gatheredBytes(kernel) }
  }
  const form = scatterAddForm(kernel)
  if (!form) return null
  const call = compiled(engine, `scatterAdd ${form}`, () => scatterAddFunction(form))
  const run = call && onEntries(entries, order, onScatterAdd(kernel, entries, call))
  const room = scratch + scatterAddScratch(kernel, entries, form)
  return run && { run, operands: [kernel.updates, indices], scratch: room }
}

function compiledBody(
  kernel: MapKernel | ReduceKernel,
  engine: Engine,
  strides?: readonly number[],
): ((...args: number[]) => void) | null {
  // Offsets are added to the addresses, so they make no difference.
  const inputs = kernel.inputs.map((input) => ({ ...input, offset: 0 }))
  return compiled(engine, JSON.stringify({ ...kernel, inputs, out: strides }), () =>
    kernel.kind === 'map' ? mapFunction(kernel, strides) : reduceFunction(kernel),
  )
}

/** The function of a key, compiled once; null where there is none. */
function compiled(
  { heap, functions }: Engine,
  key: string,
  write: () => FunctionBuilder | null,
): ((...args: number[]) => void) | null {
  const known = functions.get(key)
  if (known) return known
  const f = write()
  if (!f) return null
  const { run } = compile([f], heap.memory) as { run: (...args: number[]) => void }
  functions.set(key, run)
  if (functions.size > capacity) functions.delete(functions.keys().next().value as string)
  return run
}
