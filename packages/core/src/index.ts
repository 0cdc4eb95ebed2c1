export { grad, jvp, valueAndGrad, vjp } from './autodiff.ts'
export {
  type Backend,
  type BoundSequence,
  type BufferType,
  type Chain,
  type ChainStep,
  type Chains,
  type MemoryInfo,
  type Program,
  type Sequence,
  type SequenceStep,
  useBackend,
} from './backend.ts'
export { recordCallSites } from './callSites.ts'
export { checkCount, checkOption } from './check.ts'
export { checkValues } from './checkValues.ts'
export { compile } from './compile.ts'
export { checkpoint, customVjp } from './customVjp.ts'
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
export { chainRows } from './evaluate/chainRows.ts'
export { planCount } from './evaluate/plan.ts'
export { type Data, data, hostValue } from './evaluate/read.ts'
export { type ReplayRowsOptions, replayRows } from './evaluate/replayRows.ts'
export { type ReplayOptions, replay } from './evaluate/run.ts'
export type { Job } from './evaluate/slots.ts'
export { roundToF16 } from './half.ts'
export { type FixedPointOptions, fixedPoint, type RootOptions, root } from './implicit.ts'
export { hessian, hvp, type Jacobian, jacobian } from './jacobian.ts'
export type {
  ArgSortKernel,
  BinaryScalar,
  ConcatKernel,
  GatherKernel,
  KeptBlocks,
  Kernel,
  MapBody,
  MapKernel,
  MatmulKernel,
  MatrixOperand,
  Operand,
  PadKernel,
  RandomKernel,
  ReduceKernel,
  Reduction,
  Routine,
  RoutineKernel,
  ScalarOp,
  ScanKernel,
  ScatterAddKernel,
  Step,
  UnaryScalar,
} from './kernel.ts'
export { matrixAxes, outputShape, outputsOf } from './kernelShapes.ts'
export type { Layout } from './layout.ts'
export { cholesky } from './linalg/cholesky.ts'
export { type Eigen, eigh } from './linalg/eigh.ts'
export { type QR, qr } from './linalg/qr.ts'
export { inverse, logDet, solve } from './linalg/solve.ts'
export { type TriangularSolveOptions, triangularSolve } from './linalg/triangularSolve.ts'
export { type MinimizeOptions, type Minimum, minimize } from './minimize/minimize.ts'
export {
  celu,
  elu,
  type GeluOptions,
  gelu,
  hardTanh,
  leakyRelu,
  logSigmoid,
  mish,
  relu,
  selu,
  silu,
  softsign,
} from './ops/activation.ts'
export { flip, type Padding, type PadOptions, pad, roll, tile } from './ops/arrange.ts'
export { type BlockMatmulOptions, blockMatmul } from './ops/blockMatmul.ts'
export {
  avgPool1d,
  avgPool2d,
  type Conv1dOptions,
  type Conv2dOptions,
  conv1d,
  conv2d,
  maxPool1d,
  maxPool2d,
  type Pair,
  type Pool1dOptions,
  type PoolOptions,
} from './ops/convolve.ts'
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
export { type Accepts, checkDType } from './ops/define.ts'
export { type DiagonalOptions, diag, diagonal, trace, tril, triu } from './ops/diagonal.ts'
export { type CosineSimilarityOptions, cdist, cosineSimilarity, type NormOptions, norm } from './ops/distance.ts'
export { einsum } from './ops/einsum.ts'
export { digamma, lgamma, polygamma } from './ops/gamma.ts'
export { scatterAdd, type TakeOptions, take, takeAlong } from './ops/gather.ts'
export { concat, type JoinOptions, stack } from './ops/join.ts'
export { log1mExp, logAddExp, xLogY } from './ops/logarithm.ts'
export {
  type ClipOptions,
  ceil,
  clip,
  cos,
  erf,
  erfc,
  erfInv,
  expm1,
  floor,
  hypot,
  isFinite,
  log1p,
  maximum,
  minimum,
  reciprocal,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  softplus,
  tanh,
} from './ops/math.ts'
export { matmul } from './ops/matmul.ts'
export { prod } from './ops/prod.ts'
export {
  all,
  any,
  argMax,
  argMin,
  max,
  mean,
  min,
  type ReduceOptions,
  std,
  sum,
  variance,
  weightedMean,
} from './ops/reduce.ts'
export { cumMax, cumProd, cumSum, logCumSumExp, type ScanOptions } from './ops/scan.ts'
export { where } from './ops/select.ts'
export { type AxisOptions, logSoftmax, logSumExp, softmax } from './ops/softmax.ts'
export { argSort, type SortOptions, sort, topK } from './ops/sort.ts'
export { acos, acosh, asin, asinh, atan, atan2, atanh, cosh, sinh, tan } from './ops/trigonometric.ts'
export { stopGradient } from './ops/view.ts'
export { type KernelProfile, Profile, type ProfileOptions, profile, type Speeds } from './profile/profile.ts'
export {
  exponential,
  gumbel,
  type TruncatedNormalOptions,
  truncatedNormal,
} from './random/continuous.ts'
export { type ChoiceOptions, categorical, choice, type RandomIntOptions, randomInt } from './random/discrete.ts'
export { beta, dirichlet, gamma } from './random/gamma.ts'
export { poisson } from './random/poisson.ts'
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
export { indexAt, type Shape, sameShape, showPlace, showShape, sizeOf } from './shape.ts'
export { type Numbers, type State, state } from './state.ts'
export { type Tape, tape } from './tape.ts'
export type { BackendOptions, ReadOptions, Tensor, TensorLike } from './tensor.ts'
export { leaves, mapTree, type Path, showPath, type Tree, zipTrees } from './tree.ts'
