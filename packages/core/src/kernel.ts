import type { DType } from './dtype.ts'
import type { Layout } from './layout.ts'
import type { Shape } from './shape.ts'

/** Scalar functions of one argument. `round` takes the even one of two nearest integers. */
export type UnaryScalar =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'round'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'sigmoid'
  | 'softplus'
  | 'erf'
  | 'erfc'
  | 'erfInv'
  | 'lgamma'
  | 'not'
  | 'isFinite'

/** Scalar functions of two arguments. Comparisons yield bool. `polygamma(n, x)` is the derivative of order n of digamma. */
export type BinaryScalar =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'atan2'
  | 'hypot'
  | 'polygamma'
  | 'maximum'
  | 'minimum'
  | 'equal'
  | 'notEqual'
  | 'less'
  | 'lessEqual'
  | 'and'
  | 'or'

/**
 * The scalar functions that a backend must know. `where(c, a, b)` takes three arguments;
 * `cast` converts to the dtype of its step (floats truncate toward zero and saturate, NaN becomes 0; any non-zero is true).
 */
export type ScalarOp = UnaryScalar | BinaryScalar | 'where' | 'cast'

/** One line of a body: `args` index the registers, which are the inputs, then the scalars, then the steps. */
export interface Step {
  readonly op: ScalarOp
  readonly args: readonly number[]
  readonly dtype: DType
}

/** A buffer read through a layout. */
export interface Operand extends Layout {
  readonly dtype: DType
}

/**
 * A small straight-line program that yields one number for each element of a shape. All inputs have that shape (broadcast
 * axes have stride 0); scalars are numbers given at run time. The last register is the result, so a body without steps
 * yields its one input, or its one scalar.
 */
export interface MapBody {
  readonly shape: Shape
  readonly inputs: readonly Operand[]
  readonly scalars: readonly DType[]
  readonly steps: readonly Step[]
  /**
   * Steps, by their position, whose values are written as they are computed, each whole to a contiguous output of the body's
   * shape; these outputs follow the kernel's own. The last step of a map, which is its own output, is none of them.
   */
  readonly stored?: readonly number[]
}

/** Writes what its body yields: without steps it copies its one input, or fills with its one scalar. */
export interface MapKernel extends MapBody {
  readonly kind: 'map'
  readonly dtype: DType
}

export type Reduction = 'sum' | 'max' | 'min'

/**
 * Reduces what its body yields, each value rounded to the dtype first, over the given axes; the output holds the other
 * axes in order. A plain reduction has a body without steps. Sums start at 0; max and min of nothing are −∞ and ∞ (the
 * least and the greatest i32), and a NaN anywhere makes the result NaN.
 */
export interface ReduceKernel extends MapBody {
  readonly kind: 'reduce'
  /** Of the body's result and of the output. */
  readonly dtype: DType
  readonly op: Reduction
  readonly axes: readonly number[]
}

/** Which blocks of the rows or columns of a matrix may hold anything but zeros. */
export interface KeptBlocks {
  readonly of: 'rows' | 'columns'
  /** Rows or columns of a block; the last block may have fewer. */
  readonly size: number
}

/**
 * Matrices read through a layout: axes of the batch, then one for the rows and one for the columns. A backend that says
 * `fusesMatmul` also gets operands of which several axes count as the rows and several as the columns, the last fastest, such as
 * the windows of an image, which overlap in memory.
 */
export interface MatrixOperand extends Operand {
  /** How many of the axes behind the batch are those of rows; the others are those of columns. @default 1 */
  readonly rowAxes?: number
}

/**
 * Matrix products a[…batch, m, k] · b[…batch, k, n] → […batch, m, n]; both operands carry all batch axes. With `kept`, of one
 * product alone, a third input has a bool for each block of a, contiguous: where it is false the block is all zeros and
 * need not be multiplied. It may be all the same, so a backend need not look at it.
 *
 * With `epilogue`, which only backends get that say `fusesMatmul`, and never along with `kept`, what is written is a map of the product,
 * of the same dtype and as many elements: its first input is the product, rounded to the dtype, whole and contiguous; its other inputs
 * follow a and b among the kernel's, its scalars are the kernel's, and what it stores follows the kernel's own output.
 */
export interface MatmulKernel {
  readonly kind: 'matmul'
  readonly dtype: DType
  readonly batch: Shape
  readonly m: number
  readonly k: number
  readonly n: number
  readonly a: MatrixOperand
  readonly b: MatrixOperand
  readonly kept?: KeptBlocks
  readonly epilogue?: MapBody
}

/**
 * Zeros, with input element i of each axis at position low + i·(interior + 1). The input is contiguous.
 */
export interface PadKernel {
  readonly kind: 'pad'
  readonly dtype: DType
  readonly shape: Shape
  readonly input: Operand
  readonly low: readonly number[]
  readonly interior: readonly number[]
}

/**
 * Threefry-2x32 draws under a key that comes as two i32 scalars. With word(j) = output word j mod 2 of the block with
 * counter ⌊j/2⌋: dtype i32 yields word(i); f32 yields (word(i) >>> 8)·2⁻²⁴; f64 yields
 * ((word(2i) >>> 5)·2²⁶ + (word(2i+1) >>> 6))·2⁻⁵³. The floats are uniform on [0, 1).
 */
export interface RandomKernel {
  readonly kind: 'random'
  readonly dtype: DType
  readonly shape: Shape
}

/**
 * Looks elements up along the middle axis: out[o, j, i] = input[o, indices[o, j, i], i]. The input is contiguous
 * [outer, n, inner]; the indices are i32 [outer, m, inner] in any layout. An index outside [0, n) yields NaN (0 as an
 * integer or bool), or 0 where `outside` says so.
 */
export interface GatherKernel {
  readonly kind: 'gather'
  readonly dtype: DType
  readonly input: Operand
  readonly indices: Operand
  readonly outside: 'NaN' | 'zero'
}

/**
 * Transpose of gather: zeros [outer, n, inner], to which updates[o, j, i] is added at [o, indices[o, j, i], i], in the order of
 * j. The updates are contiguous [outer, m, inner]; the indices are i32 of that shape in any layout, and those outside
 * [0, n) add nothing.
 */
export interface ScatterAddKernel {
  readonly kind: 'scatterAdd'
  readonly dtype: DType
  readonly n: number
  readonly updates: Operand
  readonly indices: Operand
}

/**
 * Running sums along the middle axis of a contiguous input [outer, n, inner]: out[o, j, i] = Σ input[o, k, i] over k ≤ j,
 * or over k ≥ j in reverse.
 */
export interface ScanKernel {
  readonly kind: 'scan'
  readonly dtype: DType
  readonly input: Operand
  readonly reverse: boolean
}

/**
 * For each row of a contiguous input, along its last axis, the positions of the elements in ascending or descending
 * order, as i32. Equal elements (0 and −0 are) keep the order of their positions either way; NaN comes last.
 */
export interface ArgSortKernel {
  readonly kind: 'argSort'
  readonly dtype: DType
  readonly input: Operand
  readonly descending: boolean
}

/**
 * Inputs one after the other along an axis, from position `start` on; the rest of the output stays as it is, so that
 * parts can be written as they come. Any number of them, in any layout, so a backend with few bindings writes them in turn.
 */
export interface ConcatKernel {
  readonly kind: 'concat'
  readonly dtype: DType
  readonly shape: Shape
  readonly axis: number
  readonly start: number
  readonly inputs: readonly Operand[]
}

/**
 * Matrix algorithms whose every step needs the one before, so that no other kind expresses them. A stands for an n × n
 * matrix unless said otherwise; n may be 0.
 * - cholesky: the lower L with L Lᵀ = A and a positive diagonal, zeros above; reads the lower triangle. All NaN where A
 *   is not positive definite.
 * - triangularSolve: from A and B [n, k] the X with A X = B, where A is one triangle and the rest is not read.
 *   Attributes, each 0 or 1: lower, transposed (Aᵀ X = B instead), unit (the diagonal counts as 1 and is not read). All
 *   NaN where the diagonal has a 0.
 * - lu: P A = L U with partial pivoting, packed as [n, n + 1]: U, below its diagonal L without its diagonal of ones, and
 *   in the last column, for each row of P A, its row in A.
 * - qr: from A [m, n], m ≥ n, the Q [m, n] with orthonormal columns for which Qᵀ A is upper triangular with no negative
 *   number on its diagonal.
 * - eigh: packed as [n + 1, n]: the eigenvalues of a symmetric A in ascending order, below them eigenvectors of length 1 as columns. Of
 *   each, the first component of at least half the largest magnitude is positive. All NaN where A is not finite.
 */
export type Routine = 'cholesky' | 'triangularSolve' | 'lu' | 'qr' | 'eigh'

/** A matrix algorithm, batched: the inputs are contiguous and have the leading axes of the output. */
export interface RoutineKernel {
  readonly kind: 'routine'
  readonly dtype: DType
  readonly routine: Routine
  readonly shape: Shape
  readonly inputs: readonly Operand[]
  readonly attrs: readonly number[]
}

/** What a backend can run: plain data, a switch over `kind` covers it. Every kernel but concat writes whole contiguous buffers. */
export type Kernel =
  | MapKernel
  | ReduceKernel
  | MatmulKernel
  | PadKernel
  | GatherKernel
  | ScatterAddKernel
  | ScanKernel
  | ArgSortKernel
  | ConcatKernel
  | RandomKernel
  | RoutineKernel
