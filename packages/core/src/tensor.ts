import type { Backend } from './backend.ts'
import { recordCallSite } from './callSites.ts'
import type { DType, TypedArray } from './dtype.ts'
import { read, readScalar, readSync } from './evaluate/read.ts'
import type { Resident } from './evaluate/resident.ts'
import type { Op } from './op.ts'
import * as arithmetic from './ops/arithmetic.ts'
import * as compare from './ops/compare.ts'
import * as views from './ops/view.ts'
import { showTensor } from './print.ts'
import type { Shape } from './shape.ts'

/** What tensor operations take beside tensors: a number becomes a scalar of the other operand's dtype. */
export type TensorLike = Tensor | number

/** What a line holds once it needs no computing: one number, a host array, a buffer, or an argument still to come. */
export type Value = number | TypedArray | Resident | Open

/** Stands for an argument of a compiled function while it is traced. */
export interface Open {
  readonly open: true
}

/** Where to evaluate. */
export interface BackendOptions {
  /** @default the backend given to `useBackend` */
  readonly backend?: Backend
}

export interface ReadOptions extends BackendOptions {
  /**
   * 'finite' throws a ValueError if an element is infinite or NaN. It names the first line of the tape, forward or backward,
   * where that happened; finding it computes every line once more. After `recordCallSites()` it says where in your code that
   * line was made. @default nothing is checked
   */
  readonly check?: 'finite'
}

let ids = 0

/**
 * An immutable line of the tape: an operation, the lines it reads, and the shape and dtype of its result.
 * Making one checks shapes at once and computes nothing; the value is computed when someone reads it.
 * A tensor owns no memory that must be freed.
 *
 * Arithmetic and changes of shape are methods; everything else is a free function.
 */
export class Tensor {
  /** Position in the order of making; a line's inputs always have smaller ids. */
  readonly id: number
  readonly op: Op
  readonly inputs: readonly Tensor[]
  readonly shape: Shape
  readonly dtype: DType
  /** Integers that belong to the operation, such as axes: structure, never data. */
  readonly attrs: readonly number[]
  /** @internal */
  value: Value | null = null
  /** @internal True once a run outside of a state has computed this line. */
  computed = false
  /** @internal Scratch of `tape`: the walk that met this line last, and its position there. */
  mark = 0
  /** @internal */
  position = 0

  /** @internal Lines are made by operations. */
  constructor(op: Op, inputs: readonly Tensor[], shape: Shape, dtype: DType, attrs: readonly number[]) {
    this.id = ids++
    this.op = op
    this.inputs = inputs
    this.shape = shape
    this.dtype = dtype
    this.attrs = attrs
    recordCallSite?.(this)
  }

  /** Sum x + y, with broadcasting. */
  add(y: TensorLike): Tensor {
    return arithmetic.add(this, y)
  }

  /** Difference x − y, with broadcasting. */
  sub(y: TensorLike): Tensor {
    return arithmetic.sub(this, y)
  }

  /** Product x · y of elements, with broadcasting. */
  mul(y: TensorLike): Tensor {
    return arithmetic.mul(this, y)
  }

  /** Quotient x / y, with broadcasting. Floats only. */
  div(y: TensorLike): Tensor {
    return arithmetic.div(this, y)
  }

  /** Power x^y, with broadcasting. Floats only; x^0 is 1 with gradient 0 everywhere. */
  pow(y: TensorLike): Tensor {
    return arithmetic.pow(this, y)
  }

  /** −x. */
  neg(): Tensor {
    return arithmetic.neg(this)
  }

  /** |x|, with derivative 0 at 0. */
  abs(): Tensor {
    return arithmetic.abs(this)
  }

  /** x². */
  square(): Tensor {
    return arithmetic.mul(this, this)
  }

  /** √x. */
  sqrt(): Tensor {
    return arithmetic.sqrt(this)
  }

  /** e^x. */
  exp(): Tensor {
    return arithmetic.exp(this)
  }

  /** Natural logarithm. */
  log(): Tensor {
    return arithmetic.log(this)
  }

  /** x = y as bool, with broadcasting. */
  equal(y: TensorLike): Tensor {
    return compare.equal(this, y)
  }

  /** x ≠ y as bool, with broadcasting. True where either is NaN. */
  notEqual(y: TensorLike): Tensor {
    return compare.notEqual(this, y)
  }

  /** x < y as bool, with broadcasting. */
  less(y: TensorLike): Tensor {
    return compare.less(this, y)
  }

  /** x ≤ y as bool, with broadcasting. */
  lessEqual(y: TensorLike): Tensor {
    return compare.lessEqual(this, y)
  }

  /** x > y as bool, with broadcasting. */
  greater(y: TensorLike): Tensor {
    return compare.greater(this, y)
  }

  /** x ≥ y as bool, with broadcasting. */
  greaterEqual(y: TensorLike): Tensor {
    return compare.greaterEqual(this, y)
  }

  /** Both true; bool only. */
  and(y: Tensor): Tensor {
    return compare.and(this, y)
  }

  /** Either true; bool only. */
  or(y: Tensor): Tensor {
    return compare.or(this, y)
  }

  /** Opposite; bool only. */
  not(): Tensor {
    return compare.not(this)
  }

  /** The same elements as another dtype. Floats truncate toward zero to i32; any non-zero is true. */
  cast(dtype: DType): Tensor {
    return arithmetic.cast(this, dtype)
  }

  /** The same elements, in row-major order, in another shape; one size may be −1 and is worked out. */
  reshape(shape: Shape): Tensor {
    return views.reshape(this, shape)
  }

  /** Axes in another order; without an argument the last two are exchanged. */
  transpose(permutation?: readonly number[]): Tensor {
    return views.transpose(this, permutation)
  }

  /** Repeats axes of size 1 and adds leading axes until the shape is reached. */
  broadcastTo(shape: Shape): Tensor {
    return views.broadcastTo(this, shape)
  }

  /** Elements start, start + step, … before `end` of each axis; negative positions count from the back. */
  slice(start: readonly number[], end?: readonly number[], step?: readonly number[]): Tensor {
    return views.slice(this, start, end, step)
  }

  /** Inserts an axis of size 1. */
  expandDims(axis: number): Tensor {
    return views.expandDims(this, axis)
  }

  /** Removes axes of size 1: the given ones, or all. */
  squeeze(axis?: number | readonly number[]): Tensor {
    return views.squeeze(this, axis)
  }

  /** Computes the value and copies it to the host, in row-major order. */
  data(options: ReadOptions = {}): Promise<TypedArray> {
    return read(this, options)
  }

  /** Like `data`, at once; only on synchronous backends such as `cpu()`. */
  dataSync(options: ReadOptions = {}): TypedArray {
    return readSync(this, options)
  }

  /** The one number of a tensor of size 1 (0 or 1 for bool), at once; only on synchronous backends. */
  item(options: ReadOptions = {}): number {
    return readScalar(this, options)
  }

  /** Op, dtype and shape, and the values where they can be had at once. */
  toString(): string {
    return showTensor(this)
  }

  // What Node prints for a tensor.
  static {
    Object.defineProperty(Tensor.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value: Tensor.prototype.toString,
    })
  }
}

const noNumbers: readonly number[] = []

/** Appends a line to the tape. */
export function line(
  op: Op,
  inputs: readonly Tensor[],
  shape: Shape,
  dtype: DType,
  attrs: readonly number[] = noNumbers,
): Tensor {
  return new Tensor(op, inputs, shape, dtype, attrs)
}
