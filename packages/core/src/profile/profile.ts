import { type Backend, backendFor } from '../backend.ts'
import { BackendError } from '../errors.ts'
import { type KernelObserver, whileObserved } from '../evaluate/observe.ts'
import type { Kernel, Operand } from '../kernel.ts'
import { contiguous } from '../layout.ts'
import type { BackendOptions } from '../tensor.ts'
import { costOf, showKernel } from './cost.ts'

// Every host has this clock, though it is no part of the language.
declare const performance: { now(): number }

/** All kernels that look alike. */
export interface KernelProfile {
  /** Kind, functions, dtype and shape. */
  readonly kernel: string
  readonly runs: number
  /** Milliseconds of all runs together. */
  readonly ms: number
  /** Milliseconds of making their programs, e.g. of writing and compiling code; 0 where the plan was there before. */
  readonly preparing: number
  /** Bytes that all runs must read or write. */
  readonly bytes: number
  /** Scalar functions that all runs must apply. */
  readonly flops: number
  /** Least milliseconds for that many bytes and functions at the speeds of the machine, over `ms`. */
  readonly floor: number
}

/** What this machine reaches at its best on this backend: copying, and in a matrix product. */
export interface Speeds {
  /** Bytes a second, read and written. */
  readonly bandwidth: number
  /** Scalar functions a second. */
  readonly arithmetic: number
}

export interface ProfileOptions extends BackendOptions {
  /** Speeds to compare with. @default measured before, which takes some 50 ms */
  readonly speeds?: Speeds
}

/** Where the time of a computation went. As text it is a table, the longest kernels first. */
export class Profile {
  /** Milliseconds from beginning to end. */
  readonly ms: number
  /** Those of them in which programs were made. */
  readonly preparing: number
  readonly speeds: Speeds
  readonly kernels: readonly KernelProfile[]
  readonly #events: readonly Event[]

  constructor(events: readonly Event[], ms: number, speeds: Speeds) {
    this.ms = ms
    this.speeds = speeds
    this.#events = events
    const groups = new Map<string, Omit<KernelProfile, 'kernel' | 'floor'>>()
    for (const { phase, kernel, cost, took } of events) {
      const group = groups.get(kernel) ?? { runs: 0, ms: 0, preparing: 0, bytes: 0, flops: 0 }
      const { runs, ms, preparing, bytes, flops } = group
      groups.set(
        kernel,
        phase === 'prepare'
          ? { ...group, preparing: preparing + took }
          : { runs: runs + 1, ms: ms + took, preparing, bytes: bytes + cost.bytes, flops: flops + cost.flops },
      )
    }
    const least = ({ bytes, flops }: { bytes: number; flops: number }): number =>
      1000 * Math.max(bytes / speeds.bandwidth, flops / speeds.arithmetic)
    this.kernels = [...groups]
      .map(([kernel, group]) => ({ kernel, ...group, floor: group.ms > 0 ? least(group) / group.ms : 1 }))
      .sort((a, b) => b.ms + b.preparing - a.ms - a.preparing)
    this.preparing = this.kernels.reduce((sum, { preparing }) => sum + preparing, 0)
  }

  toString(): string {
    const total = (of: 'ms' | 'runs'): number => this.kernels.reduce((sum, kernel) => sum + kernel[of], 0)
    const rows = this.kernels.map(({ kernel, runs, ms, preparing, bytes, flops, floor }) => [
      ms.toFixed(2),
      percent(ms / this.ms),
      `${runs}`,
      ...(runs > 0 ? [(bytes / ms / 1e6).toFixed(1), (flops / ms / 1e6).toFixed(1), percent(floor)] : ['', '', '']),
      preparing > 0 ? preparing.toFixed(2) : '',
      kernel,
    ])
    const head = ['ms', 'of all', 'runs', 'GB/s', 'GFLOP/s', 'floor', 'ms to prepare', 'kernel']
    const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)))
    const line = (row: readonly string[]): string =>
      row.map((cell, i) => (i === row.length - 1 ? cell : cell.padStart(widths[i] as number))).join('  ')
    return [
      `${this.ms.toFixed(1)} ms, ${percent(total('ms') / this.ms)} of them in ${total('runs')} kernels, ` +
        `${percent(this.preparing / this.ms)} in preparing ${this.#events.length - total('runs')}`,
      line(head),
      ...rows.map(line),
    ].join('\n')
  }

  /** What was prepared and run, one by one, as JSON in Chrome's trace event format, for chrome://tracing and Perfetto. */
  toTrace(): string {
    const traceEvents = this.#events.map(({ phase, kernel, cost, start, took }) => ({
      name: phase === 'run' ? kernel : `prepare ${kernel}`,
      cat: phase,
      ph: 'X',
      pid: 1,
      tid: 1,
      ts: 1000 * start,
      dur: 1000 * took,
      args: cost,
    }))
    return JSON.stringify({ displayTimeUnit: 'ms', traceEvents })
  }
}

/** A kernel was prepared, or run; times in milliseconds. */
interface Event {
  readonly phase: Parameters<KernelObserver>[0]
  readonly kernel: string
  readonly cost: ReturnType<typeof costOf>
  readonly start: number
  readonly took: number
}

/**
 * Where the time goes while `f` runs, and until the promise that it may return is settled: for each kernel its time, bytes and
 * scalar functions, how close it comes to the speeds of the machine, and how long it took to prepare. Run `f` before, so that
 * plans are made and code is warm, unless it is their cost that you look for. For synchronous backends: kernels of others run
 * later than they are asked to.
 *
 * @throws BackendError if the backend is asynchronous.
 *
 * @example
 * const x = uniform(key(0), [64, 64])
 * const found = await profile(() => matmul(x, x).data())
 * String(found) // a table; found.toTrace() is a file for Chrome's trace viewer
 */
export async function profile(f: () => unknown, { backend: given, speeds }: ProfileOptions = {}): Promise<Profile> {
  const backend = backendFor('profile', given)
  if (!backend.readSync)
    throw new BackendError(
      `profile: backend must be synchronous, got ${backend.name}. Use the profiler of the device or of the browser.`,
    )
  const known = speeds ?? measureSpeeds(backend)
  const events: Event[] = []
  const begin = performance.now()
  await whileObserved((phase, kernel, act) => {
    const start = performance.now()
    const result = act()
    events.push({
      phase,
      kernel: showKernel(kernel),
      cost: costOf(kernel),
      start: start - begin,
      took: performance.now() - start,
    })
    return result
  }, f)
  return new Profile(events, performance.now() - begin, known)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

/** The best of some runs of a large copy and of a matrix product. */
function measureSpeeds(backend: Backend): Speeds {
  const whole = (shape: number[]): Operand => ({ ...contiguous(shape), dtype: 'f32' })
  const n = 2 ** 21
  const copy: Kernel = { kind: 'map', dtype: 'f32', shape: [n], inputs: [whole([n])], scalars: [], steps: [] }
  const side = 192
  const [a, b] = [whole([side, side]), whole([side, side])]
  const product: Kernel = { kind: 'matmul', dtype: 'f32', batch: [], m: side, k: side, n: side, a, b }
  const best = (kernel: Kernel, sizes: readonly number[], out: number): number => {
    const program = backend.prepare(kernel)
    const buffers = sizes.map((size) => backend.alloc('f32', size))
    const output = backend.alloc('f32', out)
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < 6; i++) {
      const start = performance.now()
      program.run(buffers, [], [output])
      least = Math.min(least, performance.now() - start)
    }
    for (const buffer of [...buffers, output]) backend.free(buffer)
    return least / 1000
  }
  return {
    bandwidth: costOf(copy).bytes / best(copy, [n], n),
    arithmetic: costOf(product).flops / best(product, [side * side, side * side], side * side),
  }
}
