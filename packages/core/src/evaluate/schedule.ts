import type { DType } from '../dtype.ts'
import type { Kernel, Operand, ScalarOp } from '../kernel.ts'
import { outputShape } from '../kernelShapes.ts'
import { contiguous, isContiguous, type Layout } from '../layout.ts'
import { type Shape, sizeOf } from '../shape.ts'
import type { Tape } from '../tape.ts'
import type { Tensor } from '../tensor.ts'
import { BodyBuilder, type Register } from './bodyBuilder.ts'
import type { Draft } from './draft.ts'
import { fuseBodies } from './fuse.ts'
import { finishedProduct, openProducts } from './openProducts.ts'
import { readThroughCopies } from './readThroughCopies.ts'
import { transposeProducts } from './transposeProducts.ts'

/** A buffer of a run: the value of a source line, or what a kernel writes as its own output or by the way. */
export type Node =
  | { readonly kind: 'source'; readonly line: number }
  | {
      readonly kind: 'kernel'
      readonly kernel: Kernel
      /** Nodes read, in the order of the kernel's operands. */
      readonly inputs: readonly number[]
      /** Nodes that the kernel's body stores, in their order. */
      readonly stored: readonly number[]
      /** Runtime scalars, as positions in `Schedule.scalars`. */
      readonly scalars: readonly number[]
    }
  | { readonly kind: 'stored'; readonly by: number }

/** A tape as kernels over buffers, in execution order. Holds structure only, so it serves every tape of equal key. */
export interface Schedule {
  readonly nodes: readonly Node[]
  /** The node of each output; every output has a buffer of its own. */
  readonly outputs: readonly number[]
  /** The scalar lines whose numbers kernels take, by position in the tape. */
  readonly scalars: readonly number[]
}

export interface ScheduleOptions {
  /** Merge elementwise lines into few kernels. @default true */
  readonly fuse?: boolean
  /** Buffers that one kernel may have, which WebGPU promises. @default 8 */
  readonly maxBuffers?: number
  /** Steps that one kernel may have. @default 64 */
  readonly maxSteps?: number
  /** Whether products take operands with several axes for rows or columns, and a map of what they yield. @default false */
  readonly fusesMatmul?: boolean
}

/** Where a line's value is: a number known at run time, or a node read through a layout. */
type Place = { readonly scalar: number; readonly shape: Shape } | Buffered

interface Buffered {
  readonly node: number
  readonly layout: Layout
}

/** Turns lines into kernels: elementwise lines become few bodies of maps and reductions, views become layouts, scalars become arguments. */
export function schedule(tape: Tape, options: ScheduleOptions = {}): Schedule {
  const { fuse = true, maxBuffers = 8, maxSteps = 64, fusesMatmul = false } = options
  const drafter = new Drafter(tape)
  const { drafts, scalars } = drafter
  const outputs = drafter.outputs()
  if (fuse) {
    const wanted = new Set(outputs)
    transposeProducts(drafts, wanted)
    if (fusesMatmul) {
      readThroughCopies(drafts, wanted)
      openProducts(drafts)
    }
    fuseBodies(drafts, wanted, { buffers: maxBuffers, steps: maxSteps })
  }
  return inOrder(drafts.map(finished), outputs, scalars)
}

/** One draft for each line that computes something, and copies where a layout will not do. */
class Drafter {
  readonly drafts: Draft[] = []
  readonly scalars: number[] = []
  readonly #tape: Tape
  readonly #places: Place[] = []

  constructor(tape: Tape) {
    this.#tape = tape
    tape.lines.forEach((line, i) => {
      this.#places.push(this.#place(line, i))
    })
  }

  outputs(): readonly number[] {
    const taken = new Set<number>()
    return this.#tape.outputs.map((at) => {
      const node = this.#whole(this.#places[at] as Place, (this.#tape.lines[at] as Tensor).dtype, taken)
      taken.add(node)
      return node
    })
  }

  #place(line: Tensor, at: number): Place {
    if (typeof line.value === 'number') return { scalar: this.scalars.push(at) - 1, shape: line.shape }
    if (line.value !== null) return this.#add({ kind: 'source', line: at }, line.shape)
    const { lowering } = line.op
    const wiring = this.#tape.wiring[at] as readonly number[]
    const inputs = wiring.map((p) => this.#places[p] as Place)
    const dtypeOf = (i: number): DType => (line.inputs[i] as Tensor).dtype
    switch (lowering.kind) {
      case 'map':
        return this.#map(line, lowering.scalar, inputs)
      case 'reduce': {
        const body = new BodyBuilder((line.inputs[0] as Tensor).shape, line.dtype)
        read(body, inputs[0] as Place, dtypeOf(0))
        return this.#add({ kind: 'body', body, reduction: { op: lowering.op, axes: line.attrs } }, line.shape)
      }
      case 'view': {
        const input = inputs[0] as Place
        if ('scalar' in input) return { scalar: input.scalar, shape: line.shape }
        const layout = lowering.layout(input.layout, line)
        if (layout) return { node: input.node, layout }
        const copy = this.#copy(input, dtypeOf(0))
        return { node: copy.node, layout: lowering.layout(copy.layout, line) as Layout }
      }
      case 'kernel': {
        if (lowering.inputs === 'scalar') {
          const scalars = inputs.map((place) => (place as { scalar: number }).scalar)
          return this.#kernel(lowering.build(line, []), [], scalars)
        }
        const placed = inputs.map((place, i) => {
          const buffer = 'scalar' in place ? this.#fill(place, dtypeOf(i)) : place
          const wanted = typeof lowering.inputs === 'string' ? lowering.inputs : lowering.inputs[i]
          return wanted === 'contiguous' && !isContiguous(buffer.layout) ? this.#copy(buffer, dtypeOf(i)) : buffer
        })
        const operands = placed.map(({ layout }, i): Operand => ({ ...layout, dtype: dtypeOf(i) }))
        return this.#kernel(
          lowering.build(line, operands),
          placed.map(({ node }) => node),
          [],
          line.shape,
        )
      }
      default:
        throw new Error(`internal: line ${line.op.name} holds no value`)
    }
  }

  #add(draft: Draft, shape: Shape): Buffered {
    return { node: this.drafts.push(draft) - 1, layout: contiguous(shape) }
  }

  #kernel(
    kernel: Kernel,
    inputs: readonly number[],
    scalars: readonly number[],
    shape = outputShape(kernel),
  ): Buffered {
    return this.#add({ kind: 'kernel', kernel, inputs, stored: [], scalars }, shape)
  }

  #map(line: Tensor, scalar: ScalarOp, inputs: readonly Place[]): Buffered {
    const body = new BodyBuilder(line.shape, line.dtype)
    const registers = inputs.map((place, i) => read(body, place, (line.inputs[i] as Tensor).dtype))
    body.step(scalar, registers, line.dtype)
    return this.#add({ kind: 'body', body, reduction: null }, line.shape)
  }

  #copy({ node, layout }: Buffered, dtype: DType): Buffered {
    const body = new BodyBuilder(layout.shape, dtype)
    body.input(node, layout, dtype)
    return this.#add({ kind: 'body', body, reduction: null }, layout.shape)
  }

  #fill({ scalar, shape }: { scalar: number; shape: Shape }, dtype: DType): Buffered {
    const body = new BodyBuilder(shape, dtype)
    body.scalar(scalar, dtype)
    return this.#add({ kind: 'body', body, reduction: null }, shape)
  }

  /** A node that holds exactly this place's elements in row-major order and is no output yet. */
  #whole(place: Place, dtype: DType, taken: ReadonlySet<number>): number {
    if ('scalar' in place) return this.#fill(place, dtype).node
    const { node, layout } = place
    const isOwn = !taken.has(node) && isContiguous(layout) && sizeOf(layout.shape) === this.#sizeOf(node)
    return isOwn ? node : this.#copy(place, dtype).node
  }

  /** Elements of what a kernel writes; -1 for sources. */
  #sizeOf(at: number): number {
    const draft = this.drafts[at] as NonNullable<Draft>
    if (draft.kind === 'kernel') return sizeOf(outputShape(draft.kernel))
    if (draft.kind !== 'body') return -1
    const { body, reduction } = draft
    return sizeOf(reduction ? body.shape.filter((_, axis) => !reduction.axes.includes(axis)) : body.shape)
  }
}

/** Gives a body an argument. */
function read(body: BodyBuilder, place: Place, dtype: DType): Register {
  return 'scalar' in place ? body.scalar(place.scalar, dtype) : body.input(place.node, place.layout, dtype)
}

function finished(draft: Draft): Node | null {
  if (draft?.kind === 'product') return finishedProduct(draft)
  if (draft?.kind !== 'body') return draft
  const { dtype } = draft.body
  const { body, ...nodes } = draft.body.finish(draft.reduction ? 'shared' : 'apart')
  const kernel: Kernel = draft.reduction
    ? { kind: 'reduce', dtype, ...draft.reduction, ...body }
    : { kind: 'map', dtype, ...body }
  return { kind: 'kernel', kernel, ...nodes }
}

/** Nodes in their order, but each kernel after those that write what it reads, numbered anew. */
function inOrder(nodes: readonly (Node | null)[], outputs: readonly number[], scalars: readonly number[]): Schedule {
  const places = new Map<number, number>()
  const ordered: Node[] = []
  const open: number[] = []
  for (let first = 0; first < nodes.length; first++) {
    open.push(first)
    for (let next = open.at(-1); next !== undefined; next = open.at(-1)) {
      const node = nodes[next]
      if (!node || places.has(next)) open.pop()
      else if (node.kind === 'stored') open[open.length - 1] = node.by
      else {
        const missing = node.kind === 'kernel' ? node.inputs.filter((at) => !places.has(at)) : []
        if (missing.length > 0) open.push(...missing)
        else {
          places.set(next, ordered.push(node) - 1)
          if (node.kind === 'kernel') for (const at of node.stored) places.set(at, ordered.push(nodes[at] as Node) - 1)
        }
      }
    }
  }
  const now = (at: number): number => places.get(at) as number
  return {
    nodes: ordered.map((node) => {
      if (node.kind === 'source') return node
      if (node.kind === 'stored') return { kind: 'stored', by: now(node.by) }
      return { ...node, inputs: node.inputs.map(now), stored: node.stored.map(now) }
    }),
    outputs: outputs.map(now),
    scalars,
  }
}
