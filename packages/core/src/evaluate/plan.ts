import type { Backend, BoundSequence, BufferType, Chain, Chains, Program, Sequence, SequenceStep } from '../backend.ts'
import { dtypeRank } from '../dtype.ts'
import { BackendError } from '../errors.ts'
import type { Kernel } from '../kernel.ts'
import { sizeOf } from '../shape.ts'
import type { Tape } from '../tape.ts'
import type { Tensor } from '../tensor.ts'
import { observer } from './observe.ts'
import { type Node, type ScheduleOptions, schedule } from './schedule.ts'
import { assignSlots, type Job } from './slots.ts'

/** One kernel of a plan. */
interface PlanStep extends SequenceStep<unknown> {
  readonly kernel: Kernel | Chain
  /** Filled anew in each run, so that runs make no garbage. */
  readonly buffers: unknown[]
  readonly results: unknown[]
  readonly numbers: number[]
}

/** A tape made ready for one backend: programs in order, and which buffer each of them uses. */
export interface Plan extends Sequence<unknown> {
  /** Positions in the tape of the source lines, in the order of their buffers. */
  readonly sources: readonly number[]
  /** Positions in the tape of the scalar lines. */
  readonly scalars: readonly number[]
  readonly steps: readonly PlanStep[]
  /** How often the plan has run on host arrays, as far as `boundRun` counts. */
  runs: number
  /** The plan with buffers of its own, once it has earned them. */
  bound: BoundSequence | null
}

/** A plan is bound when it runs for this time. */
const often = 4
/** Elements of all buffers of a plan beyond which it is not worth it to keep them: what binding saves is lost among them. */
export const mostBound = 16384

/** The plan on buffers of its own, if it is small and runs often; values and scalars come in the order of its lists. */
export function boundRun(plan: Plan, backend: Backend): BoundSequence | null {
  if (observer) return null
  if (plan.bound || plan.runs >= often || ++plan.runs < often || !backend.bind) return plan.bound
  let size = 0
  for (const buffers of [plan.inputs, plan.slots, plan.outputs]) for (const buffer of buffers) size += buffer.size
  if (size <= mostBound) plan.bound = backend.bind(plan)
  return plan.bound
}

function limitsOf({ maxBuffers, maxSteps, fusesMatmul }: Backend): ScheduleOptions {
  return { ...(maxBuffers && { maxBuffers }), ...(maxSteps && { maxSteps }), ...(fusesMatmul && { fusesMatmul }) }
}

/** Schedules a tape and gives each kernel a buffer; one is used again as soon as its last reader has run. */
export function makePlan(backend: Backend, tape: Tape, options: ScheduleOptions = {}): Plan {
  for (const { dtype, op } of tape.lines)
    if (!backend.dtypes.has(dtype))
      throw new BackendError(
        `backend-${backend.name}: dtype of ${op.name} must be one of ${[...backend.dtypes].join(', ')}, got ${dtype}. ` +
          (dtype === 'f16'
            ? "Take dtype 'f32' instead, or run on backend-webgpu on a device with shader-f16."
            : "Cast it with x.cast('f32') or run on backend-cpu."),
      )
  const { nodes, outputs, scalars } = schedule(tape, { ...limitsOf(backend), ...options })
  const readers = nodes.map(() => 0)
  for (const node of nodes)
    if (node.kind === 'kernel') for (const at of node.inputs) readers[at] = (readers[at] as number) + 1

  const sources = nodes.flatMap((node) => (node.kind === 'source' ? [node.line] : []))
  const isOutput = new Map(outputs.map((at, i) => [at, i]))
  const kept = (at: number): boolean => nodes[at]?.kind === 'source' || isOutput.has(at)
  const single = jobsOf(nodes, readers)
  const jobs = (options.fuse !== false && backend.chains?.join(single, kept)) || single
  const { slots, slotOf, types } = assignSlots(jobs, kept, backend.inPlace ?? false)
  let source = 0
  const bufferOf = nodes.map(({ kind }, at) => {
    if (kind === 'source') return source++
    const output = isOutput.get(at)
    return sources.length + (output === undefined ? (slotOf[at] ?? -1) : slots.length + output)
  })
  return {
    sources,
    scalars,
    inputs: sources.map((at) => {
      const { dtype, shape } = tape.lines[at] as Tensor
      return { dtype, size: sizeOf(shape) }
    }),
    slots,
    outputs: outputs.map((at) => types[at] as BufferType),
    steps: jobs.map(({ outputs, kernel, inputs, scalars }) => ({
      kernel,
      program: observer?.('prepare', kernel, () => prepare(backend, kernel)) ?? prepare(backend, kernel),
      inputs: inputs.map((at) => bufferOf[at] as number),
      scalars,
      outputs: outputs.map((at) => bufferOf[at] as number),
      buffers: inputs.map(() => null),
      results: outputs.map(() => null),
      numbers: scalars.map(() => 0),
    })),
    runs: 0,
    bound: null,
  }
}

function prepare(backend: Backend, kernel: Kernel | Chain): Program<unknown> {
  return kernel.kind === 'chain' ? (backend.chains as Chains<unknown>).prepare(kernel) : backend.prepare(kernel)
}

/**
 * The kernels of nodes in order. What only a concat reads is copied to its place at once, so that its buffer serves the
 * next part: many parts then need room for their result and one of them, not twice for all.
 */
function jobsOf(nodes: readonly Node[], readers: readonly number[]): readonly Job[] {
  const jobs: Job[][] = nodes.map(() => [])
  nodes.forEach((node, i) => {
    if (node.kind !== 'kernel') return
    const { kernel, inputs, stored, scalars } = node
    if (kernel.kind !== 'concat') {
      jobs[i]?.push({ outputs: [i, ...stored], kernel, inputs, scalars })
      return
    }
    let start = 0
    kernel.inputs.forEach((part, p) => {
      const at = inputs[p] as number
      const when = readers[at] === 1 ? at : i
      jobs[when]?.push({ outputs: [i], kernel: { ...kernel, start, inputs: [part] }, inputs: [at], scalars })
      start += part.shape[kernel.axis] as number
    })
  })
  return jobs.flat()
}

/** Plans kept for each backend; the oldest goes first. */
const capacity = 1024
const caches = new WeakMap<Backend, PlanCache>()

/** The plan of a tape, made at its first appearance and found again by structure: numbers are no part of the key. */
export function planFor(backend: Backend, tape: Tape): Plan {
  let cache = caches.get(backend)
  if (!cache) {
    cache = new PlanCache()
    caches.set(backend, cache)
  }
  const key = structureOf(tape)
  const known = cache.get(key)
  if (known) return known
  const plan = makePlan(backend, tape)
  cache.set(key.slice(), plan)
  return plan
}

/** Number of plans made for a backend and still kept: what a changing structure costs. */
export function planCount(backend: Backend): number {
  return caches.get(backend)?.size ?? 0
}

class PlanCache {
  readonly #buckets = new Map<number, { key: Int32Array; plan: Plan }[]>()
  readonly #order: { hash: number; key: Int32Array }[] = []

  get size(): number {
    return this.#order.length
  }

  get(key: Int32Array): Plan | undefined {
    return this.#buckets.get(hashOf(key))?.find((entry) => sameKey(entry.key, key))?.plan
  }

  set(key: Int32Array, plan: Plan): void {
    const hash = hashOf(key)
    const bucket = this.#buckets.get(hash)
    if (bucket) bucket.push({ key, plan })
    else this.#buckets.set(hash, [{ key, plan }])
    this.#order.push({ hash, key })
    if (this.#order.length <= capacity) return
    const oldest = this.#order.shift() as { hash: number; key: Int32Array }
    const rest = (this.#buckets.get(oldest.hash) ?? []).filter((entry) => entry.key !== oldest.key)
    if (rest.length > 0) this.#buckets.set(oldest.hash, rest)
    else this.#buckets.delete(oldest.hash)
  }
}

function hashOf(key: Int32Array): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193)
  return hash
}

function sameKey(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

let scratch = new Int32Array(1024)

/**
 * What decides a plan: for each line its lowering, dtype, shape, attributes and wiring, then the outputs. Every list is
 * preceded by its length, so different structures cannot read alike. The result is a view of scratch memory.
 */
function structureOf({ lines, wiring, outputs }: Tape): Int32Array {
  let length = 0
  for (let i = 0; i < lines.length; i++) {
    const { value, op, dtype, shape, attrs } = lines[i] as Tensor
    const from = wiring[i] as readonly number[]
    reserve(length + 5 + shape.length + attrs.length + from.length)
    // A line that holds its value is a source, whatever made it.
    scratch[length++] = value === null ? op.code : typeof value === 'number' ? -1 : -2
    scratch[length++] = dtypeRank[dtype]
    length = put(shape, length)
    if (value === null) length = put(attrs, length)
    length = put(from, length)
  }
  reserve(length + 1 + outputs.length)
  return scratch.subarray(0, put(outputs, length))
}

/** Writes a list into scratch memory and returns the position behind it. */
function put(list: readonly number[], at: number): number {
  scratch[at++] = list.length
  for (let i = 0; i < list.length; i++) scratch[at++] = list[i] as number
  return at
}

function reserve(size: number): void {
  if (size <= scratch.length) return
  const larger = new Int32Array(2 * size)
  larger.set(scratch)
  scratch = larger
}
