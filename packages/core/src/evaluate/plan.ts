import type { Backend, Program } from '../backend.ts'
import { type DType, dtypeRank } from '../dtype.ts'
import { BackendError } from '../errors.ts'
import { outputShape } from '../kernel.ts'
import { sizeOf } from '../shape.ts'
import type { Tape } from '../tape.ts'
import type { Tensor } from '../tensor.ts'
import { type ScheduleOptions, schedule } from './schedule.ts'

/** A buffer that a run makes. */
interface Slot {
  readonly dtype: DType
  readonly size: number
}

/** One kernel of a plan. Buffers are numbered: sources first, then slots, then outputs. */
interface PlanStep {
  readonly program: Program<unknown>
  readonly inputs: readonly number[]
  readonly scalars: readonly number[]
  readonly output: number
  /** Filled anew in each run, so that runs make no garbage. */
  readonly buffers: unknown[]
  readonly numbers: number[]
}

/** A tape made ready for one backend: programs in order, and which buffer each of them uses. */
export interface Plan {
  /** Positions in the tape of the source lines, in the order of their buffers. */
  readonly sources: readonly number[]
  /** Positions in the tape of the scalar lines. */
  readonly scalars: readonly number[]
  /** Buffers for intermediate values, each used for several of them in turn. */
  readonly slots: readonly Slot[]
  readonly outputs: readonly Slot[]
  readonly steps: readonly PlanStep[]
}

/** Schedules a tape and gives each kernel a buffer; one is used again as soon as its last reader has run. */
export function makePlan(backend: Backend, tape: Tape, options: ScheduleOptions = {}): Plan {
  for (const { dtype, op } of tape.lines)
    if (!backend.dtypes.has(dtype))
      throw new BackendError(
        `backend-${backend.name}: dtype of ${op.name} must be one of ${[...backend.dtypes].join(', ')}, got ${dtype}. ` +
          "Cast it with x.cast('f32') or run on backend-cpu.",
      )
  const { nodes, outputs, scalars } = schedule(tape, options)
  const lastUse = new Array<number>(nodes.length).fill(-1)
  nodes.forEach((node, i) => {
    if (node.kind === 'kernel') for (const at of node.inputs) lastUse[at] = i
  })

  const sources = nodes.flatMap((node) => (node.kind === 'source' ? [node.line] : []))
  const isOutput = new Map(outputs.map((at, i) => [at, i]))
  const slots: Slot[] = []
  const idle: number[] = []
  const bufferOf = new Array<number>(nodes.length)
  const open: { node: number; inputs: readonly number[]; scalars: readonly number[]; program: Program<unknown> }[] = []
  let source = 0
  nodes.forEach((node, i) => {
    if (node.kind === 'source') {
      bufferOf[i] = source++
      return
    }
    const slot = { dtype: node.kernel.dtype, size: sizeOf(outputShape(node.kernel)) }
    if (!isOutput.has(i)) {
      const at = idle.findIndex((s) => slots[s]?.dtype === slot.dtype && slots[s]?.size === slot.size)
      bufferOf[i] = sources.length + (at >= 0 ? (idle.splice(at, 1)[0] as number) : slots.push(slot) - 1)
    }
    open.push({ node: i, inputs: node.inputs, scalars: node.scalars, program: backend.prepare(node.kernel) })
    for (const input of new Set(node.inputs))
      if (lastUse[input] === i && nodes[input]?.kind === 'kernel' && !isOutput.has(input))
        idle.push((bufferOf[input] as number) - sources.length)
  })
  for (const [at, i] of isOutput) bufferOf[at] = sources.length + slots.length + i
  return {
    sources,
    scalars,
    slots,
    outputs: outputs.map((at) => {
      const { kernel } = nodes[at] as Extract<(typeof nodes)[number], { kind: 'kernel' }>
      return { dtype: kernel.dtype, size: sizeOf(outputShape(kernel)) }
    }),
    steps: open.map(({ node, inputs, ...step }) => ({
      ...step,
      inputs: inputs.map((at) => bufferOf[at] as number),
      output: bufferOf[node] as number,
      buffers: inputs.map(() => null),
      numbers: step.scalars.map(() => 0),
    })),
  }
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
let length = 0

function put(value: number): void {
  if (length === scratch.length) {
    const larger = new Int32Array(2 * length)
    larger.set(scratch)
    scratch = larger
  }
  scratch[length++] = value
}

function putAll(list: readonly number[]): void {
  put(list.length)
  for (let i = 0; i < list.length; i++) put(list[i] as number)
}

/**
 * What decides a plan: for each line its lowering, dtype, shape, attributes and wiring, then the outputs. Every list is
 * preceded by its length, so different structures cannot read alike. The result is a view of scratch memory.
 */
function structureOf(tape: Tape): Int32Array {
  length = 0
  for (let i = 0; i < tape.lines.length; i++) {
    const line = tape.lines[i] as Tensor
    // A line that holds its value is a source, whatever made it.
    put(line.value === null ? line.op.code : typeof line.value === 'number' ? -1 : -2)
    put(dtypeRank[line.dtype])
    putAll(line.shape)
    if (line.value === null) putAll(line.attrs)
    putAll(tape.wiring[i] as readonly number[])
  }
  putAll(tape.outputs)
  return scratch.subarray(0, length)
}
