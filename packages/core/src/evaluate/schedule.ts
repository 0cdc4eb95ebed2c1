import type { DType } from '../dtype.ts'
import { type Kernel, type Operand, outputShape, type ScalarOp } from '../kernel.ts'
import { contiguous, isContiguous, type Layout } from '../layout.ts'
import { type Shape, sameShape, sizeOf } from '../shape.ts'
import type { Tape } from '../tape.ts'
import type { Tensor } from '../tensor.ts'
import { BodyBuilder, type Register } from './bodyBuilder.ts'

/** A buffer of a run: the value of a source line, or what one kernel writes. */
export type Node =
  | { readonly kind: 'source'; readonly line: number }
  | {
      readonly kind: 'kernel'
      readonly kernel: Kernel
      /** Nodes read, in the order of the kernel's operands. */
      readonly inputs: readonly number[]
      /** Runtime scalars, as positions in `Schedule.scalars`. */
      readonly scalars: readonly number[]
    }

/** A tape as kernels over buffers, in execution order. Holds structure only, so it serves every tape of equal key. */
export interface Schedule {
  readonly nodes: readonly Node[]
  /** The node of each output; every output has a buffer of its own. */
  readonly outputs: readonly number[]
  /** The scalar lines whose numbers kernels take, by position in the tape. */
  readonly scalars: readonly number[]
}

export interface ScheduleOptions {
  /** Merge chains of elementwise lines into one kernel. @default true */
  readonly fuse?: boolean
}

/** Where a line's value is: a number known at run time, or a node read through a layout. */
type Place =
  | { readonly scalar: number; readonly shape: Shape }
  | {
      readonly node: number
      readonly layout: Layout
      /** Nothing else reads the node, so an elementwise reader may absorb it. */
      readonly sole: boolean
    }

/**
 * Turns lines into kernels: elementwise chains become one map, or the body of the reduction that reads them, views become
 * layouts, scalars become arguments.
 */
export function schedule(tape: Tape, { fuse = true }: ScheduleOptions = {}): Schedule {
  const builder = new Scheduler(tape, fuse)
  return builder.build()
}

class Scheduler {
  readonly #tape: Tape
  readonly #fuse: boolean
  readonly #uses: number[]
  readonly #places: Place[] = []
  readonly #nodes: Node[] = []
  readonly #bodies = new Map<number, BodyBuilder>()
  readonly #scalars: number[] = []

  constructor(tape: Tape, fuse: boolean) {
    this.#tape = tape
    this.#fuse = fuse
    this.#uses = tape.lines.map(() => 0)
    // A line that reads another twice, as a square does, is one reader.
    for (const inputs of tape.wiring) for (const at of new Set(inputs)) this.#use(at)
    for (const at of tape.outputs) this.#use(at)
  }

  #use(at: number): void {
    this.#uses[at] = (this.#uses[at] as number) + 1
  }

  build(): Schedule {
    const { lines, outputs } = this.#tape
    for (let i = 0; i < lines.length; i++) this.#places.push(this.#place(lines[i] as Tensor, i))
    const taken = new Set<number>()
    const finals = outputs.map((at) => {
      const node = this.#whole(this.#places[at] as Place, (lines[at] as Tensor).dtype, taken)
      taken.add(node)
      return node
    })
    for (const [at, builder] of this.#bodies) {
      const { body, inputs, scalars } = builder.finish()
      this.#nodes[at] = { kind: 'kernel', kernel: { kind: 'map', dtype: builder.dtype, ...body }, inputs, scalars }
    }
    return compact(this.#nodes, finals, this.#scalars)
  }

  #place(line: Tensor, at: number): Place {
    if (typeof line.value === 'number') return { scalar: this.#scalars.push(at) - 1, shape: line.shape }
    if (line.value !== null) return this.#add({ kind: 'source', line: at }, line.shape, false)
    const { lowering } = line.op
    const wiring = this.#tape.wiring[at] as readonly number[]
    const inputs = wiring.map((p) => this.#places[p] as Place)
    const dtypeOf = (i: number): DType => (line.inputs[i] as Tensor).dtype
    const sole = this.#uses[at] === 1
    switch (lowering.kind) {
      case 'map':
        return this.#map(line, lowering.scalar, inputs, wiring, sole)
      case 'reduce': {
        const builder = new BodyBuilder((line.inputs[0] as Tensor).shape, line.dtype)
        this.#read(builder, inputs[0] as Place, dtypeOf(0), 0)
        const { body, ...reads } = builder.finish()
        const kernel: Kernel = { kind: 'reduce', dtype: line.dtype, op: lowering.op, axes: line.attrs, ...body }
        return this.#add({ kind: 'kernel', kernel, ...reads }, line.shape, sole)
      }
      case 'view': {
        const input = inputs[0] as Place
        if ('scalar' in input) return { scalar: input.scalar, shape: line.shape }
        const layout = lowering.layout(input.layout, line)
        if (layout) return { node: input.node, layout, sole: sole && input.sole }
        const copy = this.#copy(input, dtypeOf(0))
        return { node: copy.node, layout: lowering.layout(copy.layout, line) as Layout, sole }
      }
      case 'kernel': {
        if (lowering.inputs === 'scalar') {
          const scalars = inputs.map((place) => (place as { scalar: number }).scalar)
          return this.#add({ kind: 'kernel', kernel: lowering.build(line, []), inputs: [], scalars }, line.shape, sole)
        }
        const placed = inputs.map((place, i) => {
          const buffer = 'scalar' in place ? this.#fill(place, dtypeOf(i)) : place
          const wanted = typeof lowering.inputs === 'string' ? lowering.inputs : lowering.inputs[i]
          return wanted === 'contiguous' && !isContiguous(buffer.layout) ? this.#copy(buffer, dtypeOf(i)) : buffer
        })
        const operands = placed.map(({ layout }, i): Operand => ({ ...layout, dtype: dtypeOf(i) }))
        const kernel = lowering.build(line, operands)
        return this.#add(
          { kind: 'kernel', kernel, inputs: placed.map(({ node }) => node), scalars: [] },
          line.shape,
          sole,
        )
      }
      default:
        throw new Error(`internal: line ${line.op.name} holds no value`)
    }
  }

  #add(node: Node, shape: Shape, sole: boolean): Place & { node: number; layout: Layout } {
    return { node: this.#nodes.push(node) - 1, layout: contiguous(shape), sole }
  }

  /** Appends a map whose body may still be absorbed by a reader; its node is filled in at the end. */
  #addMap(body: BodyBuilder, sole: boolean): Place & { node: number; layout: Layout } {
    const place = this.#add({ kind: 'source', line: -1 }, body.shape, sole)
    this.#bodies.set(place.node, body)
    return place
  }

  #map(line: Tensor, scalar: ScalarOp, inputs: readonly Place[], wiring: readonly number[], sole: boolean): Place {
    const body = new BodyBuilder(line.shape, line.dtype)
    const registers: Register[] = []
    inputs.forEach((place, i) => {
      const again = registers[wiring.indexOf(wiring[i] as number)]
      registers.push(again ?? this.#read(body, place, (line.inputs[i] as Tensor).dtype, inputs.length - 1 - i))
    })
    body.step(scalar, registers, line.dtype)
    return this.#addMap(body, sole)
  }

  /** Gives a body an argument, of `more` still to come: a map that nothing else reads is taken over, steps and all. */
  #read(body: BodyBuilder, place: Place, dtype: DType, more: number): Register {
    if ('scalar' in place) return body.scalar(place.scalar, dtype)
    const absorbed = this.#fuse && place.sole ? this.#bodies.get(place.node) : undefined
    if (absorbed && sameShape(place.layout.shape, body.shape) && isWhole(place.layout, absorbed)) {
      const register = body.absorb(absorbed, more)
      if (register !== null) {
        this.#bodies.delete(place.node)
        return register
      }
    }
    return body.input(place.node, place.layout, dtype)
  }

  #copy(place: { node: number; layout: Layout }, dtype: DType): Place & { node: number; layout: Layout } {
    const body = new BodyBuilder(place.layout.shape, dtype)
    body.input(place.node, place.layout, dtype)
    return this.#addMap(body, false)
  }

  #fill({ scalar, shape }: { scalar: number; shape: Shape }, dtype: DType): Place & { node: number; layout: Layout } {
    const body = new BodyBuilder(shape, dtype)
    body.scalar(scalar, dtype)
    return this.#addMap(body, false)
  }

  /** A node that holds exactly this place's elements in row-major order and is no output yet. */
  #whole(place: Place, dtype: DType, taken: ReadonlySet<number>): number {
    if ('scalar' in place) return this.#fill(place, dtype).node
    const node = this.#nodes[place.node] as Node
    const size = sizeOf(place.layout.shape)
    const own = this.#bodies.has(place.node) || node.kind === 'kernel'
    if (own && !taken.has(place.node) && isContiguous(place.layout) && size === this.#sizeOf(place.node))
      return place.node
    return this.#copy(place, dtype).node
  }

  #sizeOf(at: number): number {
    const body = this.#bodies.get(at)
    if (body) return sizeOf(body.shape)
    const node = this.#nodes[at] as Node
    return node.kind === 'kernel' ? sizeOf(outputShape(node.kernel)) : -1
  }
}

/** True where a layout reads all elements of a map's result in their order, in whatever shape. */
function isWhole(layout: Layout, body: BodyBuilder): boolean {
  return isContiguous(layout) && sizeOf(layout.shape) === sizeOf(body.shape)
}

/** Drops nodes that no output needs, such as maps that a reader absorbed, and renumbers the rest. */
function compact(nodes: readonly Node[], outputs: readonly number[], scalars: readonly number[]): Schedule {
  const needed = new Array<boolean>(nodes.length).fill(false)
  for (const at of outputs) needed[at] = true
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Node
    if (needed[i] && node.kind === 'kernel') for (const at of node.inputs) needed[at] = true
  }
  const renumbered = new Array<number>(nodes.length)
  const kept: Node[] = []
  nodes.forEach((node, i) => {
    if (!needed[i]) return
    renumbered[i] = kept.length
    kept.push(node.kind === 'source' ? node : { ...node, inputs: node.inputs.map((at) => renumbered[at] as number) })
  })
  return { nodes: kept, outputs: outputs.map((at) => renumbered[at] as number), scalars }
}
