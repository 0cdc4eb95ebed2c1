import type { DType } from '../dtype.ts'
import type { MapBody, Operand, ScalarOp, Step } from '../kernel.ts'
import { broadcastLayout, isContiguous, type Layout, reshapeLayout } from '../layout.ts'
import { type Shape, sameShape, sizeOf } from '../shape.ts'

/** How large a kernel may grow; longer chains are cut. */
export interface BodyLimits {
  readonly buffers: number
  readonly steps: number
}

/** A register while its body is being put together: what it is, and which one of these. */
export interface Register {
  readonly of: 'input' | 'scalar' | 'step'
  readonly index: number
}

interface OpenStep {
  readonly op: ScalarOp
  readonly args: readonly Register[]
  readonly dtype: DType
}

/** A finished body, the nodes that it reads and stores, and its scalars as positions in the schedule's. */
export interface FinishedBody {
  readonly body: MapBody
  readonly inputs: readonly number[]
  readonly stored: readonly number[]
  readonly scalars: readonly number[]
}

/** The body of a map, on its own or of a product, or of a reduction, under construction. */
export class BodyBuilder {
  readonly shape: Shape
  readonly dtype: DType
  #nodes: number[] = []
  #operands: Operand[] = []
  #scalars: { readonly index: number; readonly dtype: DType }[] = []
  #steps: OpenStep[] = []
  /** Nodes whose values are written by the way, by the step that computes them. */
  #stored = new Map<number, Register>()

  constructor(shape: Shape, dtype: DType) {
    this.shape = shape
    this.dtype = dtype
  }

  /** Nodes read, one for each operand. */
  get nodes(): readonly number[] {
    return this.#nodes
  }

  get operands(): readonly Operand[] {
    return this.#operands
  }

  get steps(): readonly OpenStep[] {
    return this.#steps
  }

  /** Nodes that are stored by the way. */
  get stored(): Iterable<number> {
    return this.#stored.keys()
  }

  /** Reads a node, broadcast to the body's shape. */
  input(node: number, layout: Layout, dtype: DType): Register {
    return this.#operand(node, { ...broadcastLayout(layout, this.shape), dtype })
  }

  #operand(node: number, operand: Operand): Register {
    const known = this.#operands.findIndex(
      (other, i) =>
        this.#nodes[i] === node && other.offset === operand.offset && sameShape(other.strides, operand.strides),
    )
    if (known >= 0) return { of: 'input', index: known }
    this.#nodes.push(node)
    return { of: 'input', index: this.#operands.push(operand) - 1 }
  }

  scalar(index: number, dtype: DType): Register {
    const known = this.#scalars.findIndex((other) => other.index === index)
    return { of: 'scalar', index: known >= 0 ? known : this.#scalars.push({ index, dtype }) - 1 }
  }

  step(op: ScalarOp, args: readonly Register[], dtype: DType): Register {
    return { of: 'step', index: this.#steps.push({ op, args, dtype }) - 1 }
  }

  /** Reads a node in another layout, because it has come to lie otherwise in its buffer. */
  relay(at: number, operand: Operand): void {
    this.#operands[at] = operand
  }

  /** True where whatever this reads of some nodes it reads whole and in order, in whatever shape. */
  readsWhole(nodes: Iterable<number>, size: number): boolean {
    const among = new Set(nodes)
    return (
      sizeOf(this.shape) === size &&
      this.#operands.every((operand, i) => !among.has(this.#nodes[i] as number) || isContiguous(operand))
    )
  }

  /**
   * Computes a node, and what its map stores, in place of reading them, and stores those that are `needed` by the way. False,
   * and nothing is changed, where the inputs of the map cannot be read in this shape or the kernel would grow too large. The
   * node and all that is stored must be read whole. Where the map is `moved`, as nobody else computes it, it is of no use afterwards:
   * its lists are made longer rather than copied, so that a chain of lines takes time in proportion to its length.
   */
  take(
    node: number,
    other: BodyBuilder,
    needed: ReadonlySet<number>,
    limits: BodyLimits,
    use: 'moved' | 'copied',
  ): boolean {
    if (!sameShape(this.shape, other.shape) && other.#operands.some((operand) => !reshapeLayout(operand, this.shape)))
      return false
    if (this.#steps.length + other.#steps.length > limits.steps) return false
    const isMoved = use === 'moved' && sameShape(this.shape, other.shape)
    const joined = isMoved ? other : new BodyBuilder(this.shape, this.dtype)
    const lists = [joined.#nodes, joined.#operands, joined.#scalars, joined.#steps]
    const lengths = lists.map(({ length }) => length)
    const last = other.#last()
    const theirs = isMoved ? (register: Register) => register : joined.#append(other, new Map())
    const known = new Map<number, Register>()
    const stored = new Map<number, Register>()
    for (const [at, register] of other.#stored) {
      known.set(at, theirs(register))
      if (needed.has(at)) stored.set(at, theirs(register))
    }
    let value = theirs(last)
    if (needed.has(node)) {
      // What is stored is a step.
      if (last.of !== 'step') value = joined.step('cast', [value], other.dtype)
      stored.set(node, value)
    }
    known.set(node, value)
    const mine = joined.#append(this, known)
    for (const [at, register] of this.#stored) stored.set(at, mine(register))
    if (joined.#steps.length > limits.steps || joined.#operands.length + stored.size + 1 > limits.buffers) {
      lists.forEach((list, i) => {
        list.length = lengths[i] as number
      })
      return false
    }
    this.#nodes = joined.#nodes
    this.#operands = joined.#operands
    this.#scalars = joined.#scalars
    this.#steps = joined.#steps
    this.#stored = stored
    return true
  }

  /** Adds inputs, scalars and steps of another body, where some nodes are known already, and says where its registers went. */
  #append(other: BodyBuilder, known: ReadonlyMap<number, Register>): (register: Register) => Register {
    const inputs = other.#nodes.map((node, i) => {
      const operand = other.#operands[i] as Operand
      if (known.has(node)) return known.get(node)
      if (sameShape(operand.shape, this.shape)) return this.#operand(node, operand)
      return this.#operand(node, { ...(reshapeLayout(operand, this.shape) as Layout), dtype: operand.dtype })
    })
    const scalars = other.#scalars.map(({ index, dtype }) => this.scalar(index, dtype))
    const steps: Register[] = []
    const moved = ({ of, index }: Register): Register =>
      (of === 'step' ? steps : of === 'input' ? inputs : scalars)[index] as Register
    for (const { op, args, dtype } of other.#steps) steps.push(this.step(op, args.map(moved), dtype))
    return moved
  }

  #last(): Register {
    if (this.#steps.length > 0) return { of: 'step', index: this.#steps.length - 1 }
    return this.#operands.length > 0 ? { of: 'input', index: 0 } : { of: 'scalar', index: 0 }
  }

  /** The body as data; its last step may be stored too if it is `shared`, else that is done twice. */
  finish(last: 'shared' | 'apart'): FinishedBody {
    const end = this.#last()
    if (last === 'apart' && [...this.#stored.values()].some(({ index }) => end.of === 'step' && index === end.index))
      this.step('cast', [end], this.dtype)
    const inputs = this.#operands.length
    const scalars = this.#scalars.length
    const number = ({ of, index }: Register): number =>
      index + (of === 'input' ? 0 : of === 'scalar' ? inputs : inputs + scalars)
    const steps = this.#steps.map(({ op, args, dtype }): Step => ({ op, args: args.map(number), dtype }))
    const body = { shape: this.shape, inputs: this.#operands, scalars: this.#scalars.map(({ dtype }) => dtype), steps }
    const stored = [...this.#stored.values()].map(({ index }) => index)
    return {
      body: stored.length > 0 ? { ...body, stored } : body,
      inputs: this.#nodes,
      stored: [...this.#stored.keys()],
      scalars: this.#scalars.map(({ index }) => index),
    }
  }
}
