export { grad, jvp, valueAndGrad, vjp } from './autodiff.ts'
export { type Backend, type MemoryInfo, type Program, useBackend } from './backend.ts'
export { checkCount, checkOption } from './check.ts'
export { customVjp } from './customVjp.ts'
export { dims } from './dims.ts'
export { type DType, isFloat, promote, type TypedArray } from './dtype.ts'
export {
  BackendError,
  DTypeError,
  ShapeError,
  StateError,
  TreeError,
  ValueError,
  WengertError,
} from './errors.ts'
export { planCount } from './evaluate/plan.ts'
export { hostValue } from './evaluate/read.ts'
export { type ReplayOptions, replay } from './evaluate/run.ts'
export {
  type BinaryScalar,
  type Kernel,
  type MapKernel,
  type MatmulKernel,
  type Operand,
  outputShape,
  type PadKernel,
  type RandomKernel,
  type ReduceKernel,
  type Reduction,
  type ScalarOp,
  type Step,
  type UnaryScalar,
} from './kernel.ts'
export type { Layout } from './layout.ts'
export {
  elu,
  type GeluOptions,
  gelu,
  leakyRelu,
  logSigmoid,
  mish,
  relu,
  selu,
  silu,
  softsign,
} from './ops/activation.ts'
export {
  type ArangeOptions,
  arange,
  type DTypeOptions,
  eye,
  full,
  linspace,
  type NestedArray,
  type NumericArray,
  oneHot,
  ones,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from './ops/create.ts'
export {
  cos,
  erf,
  erfInv,
  expm1,
  floor,
  isFinite,
  log1p,
  maximum,
  minimum,
  sigmoid,
  sign,
  sin,
  softplus,
  tanh,
} from './ops/math.ts'
export { matmul } from './ops/matmul.ts'
export {
  all,
  any,
  argMax,
  max,
  mean,
  min,
  type ReduceOptions,
  sum,
  variance,
  weightedMean,
} from './ops/reduce.ts'
export { where } from './ops/select.ts'
export { type AxisOptions, logSoftmax, logSumExp, softmax } from './ops/softmax.ts'
export { stopGradient } from './ops/view.ts'
export {
  bernoulli,
  type DrawOptions,
  fold,
  type Key,
  key,
  normal,
  permutation,
  randomBits,
  split,
  threefry,
  type UniformOptions,
  uniform,
} from './random.ts'
export { type Shape, sameShape, showShape, sizeOf } from './shape.ts'
export { type Numbers, type State, state } from './state.ts'
export { type Tape, tape } from './tape.ts'
export type { ReadOptions, Tensor, TensorLike } from './tensor.ts'
export { leaves, mapTree, type Path, showPath, type Tree, zipTrees } from './tree.ts'
