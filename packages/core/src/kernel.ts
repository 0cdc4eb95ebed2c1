import type { DType } from './dtype.ts'
import type { Layout } from './layout.ts'
import type { Shape } from './shape.ts'

/** Scalar functions of one argument. */
export type UnaryScalar =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'softplus'
  | 'erf'
  | 'erfInv'
  | 'not'
  | 'isFinite'

/** Scalar functions of two arguments. Comparisons yield bool. */
export type BinaryScalar =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
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

/** One line of a map's body: `args` index the registers, which are the inputs, then the scalars, then the steps. */
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
 * Applies a small straight-line program to each element. All inputs have the output's shape (broadcast axes
 * have stride 0); scalars are numbers given at run time. The last register is the result, so a map
 * without steps copies its one input, or fills with its one scalar.
 */
export interface MapKernel {
  readonly kind: 'map'
  readonly dtype: DType
  readonly shape: Shape
  readonly inputs: readonly Operand[]
  readonly scalars: readonly DType[]
  readonly steps: readonly Step[]
}

export type Reduction = 'sum' | 'max' | 'min'

/**
 * Reduces the given axes; the output holds the other axes in order. Sums start at 0; max and min of nothing are
 * −∞ and ∞ (the least and the greatest i32), and a NaN anywhere makes the result NaN.
 */
export interface ReduceKernel {
  readonly kind: 'reduce'
  readonly dtype: DType
  readonly op: Reduction
  readonly input: Operand
  readonly axes: readonly number[]
}

/** Matrix products a[…batch, m, k] · b[…batch, k, n] → […batch, m, n]; both operands carry all batch axes. */
export interface MatmulKernel {
  readonly kind: 'matmul'
  readonly dtype: DType
  readonly batch: Shape
  readonly m: number
  readonly k: number
  readonly n: number
  readonly a: Operand
  readonly b: Operand
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

/** What a backend can run: plain data, a switch over `kind` covers it. Every kernel writes one whole contiguous buffer. */
export type Kernel = MapKernel | ReduceKernel | MatmulKernel | PadKernel | RandomKernel

/** Shape of a kernel's output. */
export function outputShape(kernel: Kernel): Shape {
  switch (kernel.kind) {
    case 'map':
    case 'pad':
    case 'random':
      return kernel.shape
    case 'reduce':
      return kernel.input.shape.filter((_, i) => !kernel.axes.includes(i))
    case 'matmul':
      return [...kernel.batch, kernel.m, kernel.n]
    default:
      return kernel satisfies never
  }
}
