import type { BufferType, Chain, ChainStep } from '../backend.ts'
import { elementBytes } from '../dtype.ts'
import type { MapKernel, Operand, ReduceKernel, Step } from '../kernel.ts'
import { bytesRead, outputsOf } from '../kernelShapes.ts'
import { sizeOf } from '../shape.ts'
import type { Job } from './slots.ts'

/** Bytes of a row of all buffers beyond which a cache does not even hold one. */
const mostOfRow = 2 ** 19
/** Elements that may be computed twice. */
const mostTwice = 2 ** 14
/** Kernels that are looked at for the next one of a chain. */
const reach = 32

type Link = Job & { readonly kernel: MapKernel | ReduceKernel }

/**
 * Joins maps and reductions to chains where they pass again and again over the same rows, and these are many: a softmax, a layer norm,
 * a cross-entropy and its gradient. Kernels that a chain must wait for move before it, those that need it behind it. `isKept` says which
 * nodes are outputs of the plan; `least` how many bytes all buffers of a chain have at least, since few stay in a cache anyway.
 */
export function chainRows(jobs: readonly Job[], isKept: (node: number) => boolean, least: number): readonly Job[] {
  // Most plans are small.
  if (sum(jobs.map(bytesMoved)) < least) return jobs
  const readers = new Map<number, Job[]>()
  for (const job of jobs)
    for (const node of job.inputs) {
      const known = readers.get(node)
      if (known) known.push(job)
      else readers.set(node, [job])
    }
  const chained: Job[] = []
  const left = [...jobs]
  for (let job = left.shift(); job; job = left.shift()) {
    const chain = new ChainDraft()
    if (!chain.add(job)) {
      chained.push(job)
      continue
    }
    // Kernels between the links: those that need nothing of the chain, and those that do.
    const before: Job[] = []
    const after: Job[] = []
    const late = new Set<number>()
    let end = 0
    let [free, waiting] = [0, 0]
    for (let i = 0; i < left.length && i < end + reach; i++) {
      const next = left[i] as Job
      const waits = next.inputs.some((node) => late.has(node))
      if (!waits && !chain.reads(next)) {
        before.push(next)
        continue
      }
      const isWhole = !waits && chain.add(next)
      const parts = waits || isWhole ? null : storedApart(next)
      const isPart = parts !== null && chain.add(parts.map)
      if (!isWhole) {
        const rest = isPart ? parts.reduction : next
        after.push(rest)
        for (const node of rest.outputs) late.add(node)
      }
      if (isWhole || isPart) {
        end = i + 1
        ;[free, waiting] = [before.length, after.length]
      }
    }
    if (chain.pays(least)) {
      const isNeeded = (node: number): boolean =>
        isKept(node) || readers.get(node)?.some((reader) => !chain.has(reader)) === true
      chained.push(...before.slice(0, free), chain.job(isNeeded))
      left.splice(0, end, ...after.slice(0, waiting))
    } else chained.push(job)
  }
  return chained
}

/**
 * A small reduction and what its body stores by the way, which becomes a map: the reduction may be one of the rows, but what it stores
 * is as good for a chain as anything.
 */
function storedApart({ kernel, inputs, scalars, outputs }: Job): { map: Job; reduction: Job } | null {
  if (kernel.kind !== 'reduce' || !kernel.stored?.length || sizeOf(kernel.shape) > mostTwice) return null
  const { shape, inputs: operands, scalars: dtypes, steps, stored, ...own } = kernel
  const last = Math.max(...stored)
  const others = stored.filter((at) => at !== last)
  const nodeOf = (at: number): number => outputs[1 + stored.indexOf(at)] as number
  const body = { shape, inputs: operands, scalars: dtypes }
  const map: MapKernel = {
    kind: 'map',
    dtype: (steps[last] as Step).dtype,
    ...body,
    steps: steps.slice(0, last + 1),
    ...(others.length > 0 && { stored: others }),
  }
  return {
    map: { kernel: map, inputs, scalars, outputs: [last, ...others].map(nodeOf) },
    reduction: { kernel: { ...own, ...body, steps }, inputs, scalars, outputs: outputs.slice(0, 1) },
  }
}

/** A chain on its way. */
class ChainDraft {
  readonly #links: Link[] = []
  readonly #results = new Map<number, BufferType>()
  /** Into how many rows all kernels can be divided. */
  #rows: readonly number[] = []
  /** Bytes of each buffer that has rows, and all that kernels move of them. */
  readonly #bytes = new Map<number, number>()
  #moved = 0

  has(job: Job): boolean {
    return this.#links.includes(job as Link)
  }

  reads({ inputs }: Job): boolean {
    return inputs.some((node) => this.#results.has(node))
  }

  /** Takes a kernel over if it is one of the same rows. */
  add(job: Job): boolean {
    const { kernel, inputs, outputs } = job
    if (kernel.kind !== 'map' && kernel.kind !== 'reduce') return false
    const rows = divisions(kernel).filter(
      (count) =>
        (this.#links.length === 0 || this.#rows.includes(count)) &&
        kernel.inputs.every((operand, i) => {
          const size = this.#results.get(inputs[i] as number)?.size
          return size === undefined || staysInRow(byRows(operand, count), size / count)
        }),
    )
    const most = rows.at(-1)
    if (most === undefined) return false
    const written = bytesWritten(kernel)
    const read = kernel.inputs.map((operand) => (byRows(operand, most).strides[0] === 0 ? 0 : bytesRead(operand)))
    const bytes = new Map(this.#bytes)
    inputs.forEach((node, i) => void bytes.set(node, Math.max(bytes.get(node) ?? 0, read[i] as number)))
    outputs.forEach((node, i) => void bytes.set(node, written[i] as number))
    if (sum([...bytes.values()]) > most * mostOfRow) return false
    this.#links.push(job as Link)
    this.#rows = rows
    this.#moved += sum(read) + sum(written)
    for (const [node, size] of bytes) this.#bytes.set(node, size)
    outputsOf(kernel).forEach((type, i) => void this.#results.set(outputs[i] as number, type))
    return true
  }

  /** Whether much is moved again that would have left the caches. */
  pays(least: number): boolean {
    const all = sum([...this.#bytes.values()])
    return this.#links.length > 1 && all >= least && this.#moved >= 1.5 * all
  }

  job(isNeeded: (node: number) => boolean): Job {
    const rows = this.#rows.at(-1) as number
    const results = [...this.#results.keys()]
    const inputs = [...new Set(this.#links.flatMap((link) => link.inputs))].filter((node) => !this.#results.has(node))
    const [slots, outputs] = [results.filter((node) => !isNeeded(node)), results.filter(isNeeded)]
    const scalars = [...new Set(this.#links.flatMap((link) => link.scalars))]
    const buffers = [...inputs, ...slots, ...outputs]
    const typesOf = (nodes: readonly number[]) => nodes.map((node) => this.#results.get(node) as BufferType)
    const kernel: Chain = {
      kind: 'chain',
      rows,
      inputs: inputs.length,
      slots: typesOf(slots),
      outputs: typesOf(outputs),
      steps: this.#links.map(
        (link): ChainStep => ({
          kernel: kernelByRows(link.kernel, rows),
          inputs: link.inputs.map((node) => buffers.indexOf(node)),
          scalars: link.scalars.map((at) => scalars.indexOf(at)),
          outputs: link.outputs.map((node) => buffers.indexOf(node)),
        }),
      ),
    }
    return { kernel, inputs, outputs, scalars }
  }
}

/** Into how many rows a kernel can be divided along its first axes, ascending: none is reduced, and operands pass over them in even steps. */
function divisions(kernel: MapKernel | ReduceKernel): readonly number[] {
  const { shape, inputs } = kernel
  const reduced = kernel.kind === 'reduce' ? kernel.axes : []
  const rows: number[] = []
  let count = 1
  for (const [axis, size] of shape.entries()) {
    count *= size
    const isEven = ({ strides }: Operand): boolean => {
      const before = shape.findLastIndex((n, i) => i < axis && n > 1)
      return before < 0 || strides[before] === size * (strides[axis] as number)
    }
    if (reduced.includes(axis) || !(size === 1 || inputs.every(isEven))) break
    if (size > 1) rows.push(count)
  }
  return count === 0 ? [] : rows
}

/** Bytes of the results of a map or reduction. */
function bytesWritten(kernel: MapKernel | ReduceKernel): readonly number[] {
  return outputsOf(kernel).map(({ dtype, size }) => elementBytes[dtype] * size)
}

/** Bytes that a kernel may add to a chain. */
function bytesMoved({ kernel }: Job): number {
  if (kernel.kind !== 'map' && kernel.kind !== 'reduce') return 0
  return sum([...kernel.inputs.map(bytesRead), ...bytesWritten(kernel)])
}

/** Axes that count as rows. */
function rowAxes(shape: readonly number[], rows: number): number {
  let [axes, count] = [0, 1]
  while (count < rows) count *= shape[axes++] as number
  return axes
}

/** An operand with its rows as one axis. */
function byRows(operand: Operand, rows: number): Operand {
  const axes = rowAxes(operand.shape, rows)
  const last = operand.shape.findLastIndex((n, i) => i < axes && n > 1)
  return {
    ...operand,
    shape: [rows, ...operand.shape.slice(axes)],
    strides: [operand.strides[last] as number, ...operand.strides.slice(axes)],
  }
}

function kernelByRows<K extends MapKernel | ReduceKernel>(kernel: K, rows: number): K {
  const axes = rowAxes(kernel.shape, rows)
  return {
    ...kernel,
    shape: [rows, ...kernel.shape.slice(axes)],
    inputs: kernel.inputs.map((operand) => byRows(operand, rows)),
    ...(kernel.kind === 'reduce' && { axes: kernel.axes.map((axis) => axis - axes + 1) }),
  }
}

/** Whether what is read for a row lies in the same row of a buffer whose rows are that wide. */
function staysInRow({ shape, strides: [apart, ...strides], offset }: Operand, width: number): boolean {
  let [first, last] = [offset, offset]
  strides.forEach((stride, i) => {
    const span = stride * ((shape[1 + i] as number) - 1)
    if (span < 0) first += span
    else last += span
  })
  return apart === width && first >= 0 && last < width
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
