import type { DType } from '../dtype.ts'
import type { MapBody, Operand, ScalarOp, Step } from '../kernel.ts'
import { broadcastLayout, contiguous, isContiguous, type Layout } from '../layout.ts'
import { type Shape, sameShape } from '../shape.ts'

/** WebGPU promises 8 storage buffers per kernel, of which one is the output. */
const maxInputs = 7
/** Keeps generated kernels small; longer chains are cut. */
const maxSteps = 64

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

/** The body of a map or a reduction under construction. */
export class BodyBuilder {
  readonly shape: Shape
  readonly dtype: DType
  #nodes: number[] = []
  #operands: Operand[] = []
  #scalars: { readonly index: number; readonly dtype: DType }[] = []
  #steps: OpenStep[] = []

  constructor(shape: Shape, dtype: DType) {
    this.shape = shape
    this.dtype = dtype
  }

  /** Reads a node, broadcast to the body's shape. */
  input(node: number, layout: Layout, dtype: DType): Register {
    const operand = { ...broadcastLayout(layout, this.shape), dtype }
    return { of: 'input', index: this.#operand(node, operand) }
  }

  #operand(node: number, operand: Operand): number {
    const known = this.#operands.findIndex(
      (other, i) =>
        this.#nodes[i] === node && other.offset === operand.offset && sameShape(other.strides, operand.strides),
    )
    if (known >= 0) return known
    this.#nodes.push(node)
    return this.#operands.push(operand) - 1
  }

  scalar(index: number, dtype: DType): Register {
    const known = this.#scalars.findIndex((other) => other.index === index)
    return { of: 'scalar', index: known >= 0 ? known : this.#scalars.push({ index, dtype }) - 1 }
  }

  step(op: ScalarOp, args: readonly Register[], dtype: DType): Register {
    return { of: 'step', index: this.#steps.push({ op, args, dtype }) - 1 }
  }

  /**
   * Takes over the body of a map of as many elements, which nobody else may use again, and returns the register of its
   * result; null, and nothing is changed, where the shapes differ and the inputs cannot be read in the new one, or
   * where the kernel would grow too large with `more` inputs still to come.
   */
  absorb(other: BodyBuilder, more: number): Register | null {
    if (this.#operands.length + other.#operands.length + more > maxInputs) return null
    if (this.#steps.length + other.#steps.length + 1 > maxSteps) return null
    const reshaped = !sameShape(this.shape, other.shape)
    if (reshaped && !other.#operands.every(isContiguous)) return null
    const operands = reshaped
      ? other.#operands.map(({ dtype }): Operand => ({ ...contiguous(this.shape), dtype }))
      : other.#operands
    if (this.#operands.length + this.#scalars.length + this.#steps.length === 0) {
      // Copying the steps of a long chain again at each of its lines would take quadratic time.
      this.#nodes = other.#nodes
      this.#operands = operands
      this.#scalars = other.#scalars
      this.#steps = other.#steps
      return this.#last()
    }
    const inputs = operands.map((operand, i) => this.#operand(other.#nodes[i] as number, operand))
    const scalars = other.#scalars.map(({ index, dtype }) => this.scalar(index, dtype).index)
    const first = this.#steps.length
    const moved = ({ of, index }: Register): Register => {
      if (of === 'step') return { of, index: first + index }
      return { of, index: (of === 'input' ? inputs : scalars)[index] as number }
    }
    for (const { op, args, dtype } of other.#steps) this.step(op, args.map(moved), dtype)
    return moved(other.#last())
  }

  #last(): Register {
    if (this.#steps.length > 0) return { of: 'step', index: this.#steps.length - 1 }
    return this.#operands.length > 0 ? { of: 'input', index: 0 } : { of: 'scalar', index: 0 }
  }

  finish(): { body: MapBody; inputs: readonly number[]; scalars: readonly number[] } {
    const inputs = this.#operands.length
    const scalars = this.#scalars.length
    const number = ({ of, index }: Register): number =>
      index + (of === 'input' ? 0 : of === 'scalar' ? inputs : inputs + scalars)
    const steps = this.#steps.map(({ op, args, dtype }): Step => ({ op, args: args.map(number), dtype }))
    return {
      body: { shape: this.shape, inputs: this.#operands, scalars: this.#scalars.map(({ dtype }) => dtype), steps },
      inputs: this.#nodes,
      scalars: this.#scalars.map(({ index }) => index),
    }
  }
}
