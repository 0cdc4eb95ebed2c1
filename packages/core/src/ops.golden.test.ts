import { type Adapter, goldenFolder, goldenOpsFolder, goldenSuite, operator } from '@wengert/testing/golden'
import type { Shape, Tensor } from './index.ts'
import * as w from './index.ts'

/** An op of one tensor; the options of the file, if any, have the names of ours. */
function unary<O extends object>(f: (x: Tensor, options?: O) => Tensor): Adapter {
  return operator(({ x }, options) => f(x as Tensor, options as O))
}

function binary(f: (x: Tensor, y: Tensor) => Tensor): Adapter {
  return operator(({ x, y }) => f(x as Tensor, y as Tensor))
}

/** Options of the files that are arguments of ours. */
interface Arguments {
  readonly shape: Shape
  readonly axes: readonly number[]
  readonly axis: number
  readonly start: readonly number[]
  readonly end: readonly number[]
  readonly step: readonly number[]
  readonly depth: number
  readonly exponent: number
  readonly k: number
  readonly kernel: number
  readonly stride: number
  readonly equation: string
  readonly padding: w.Padding
  readonly repeats: readonly number[]
  readonly shift: number
  readonly value: number
}

/** Inputs of the files beside x. */
interface Others {
  readonly condition: Tensor
  readonly indices: Tensor
  readonly updates: Tensor
  readonly y: Tensor
}

/** An op whose options are arguments of ours, or whose inputs are not x and y. */
function special(f: (x: Tensor, options: Arguments, others: Others) => Tensor): Adapter {
  return operator((inputs, options) =>
    f(inputs.x as Tensor, options as unknown as Arguments, inputs as unknown as Others),
  )
}

const adapters: Record<string, Adapter> = {
  abs: unary((x) => x.abs()),
  acos: unary(w.acos),
  acosh: unary(w.acosh),
  add: binary((x, y) => x.add(y)),
  argMax: unary(w.argMax),
  argMin: unary(w.argMin),
  argSort: unary(w.argSort),
  asin: unary(w.asin),
  asinh: unary(w.asinh),
  atan: unary(w.atan),
  atan2: binary(w.atan2),
  atanh: unary(w.atanh),
  avgPool2d: special((x, { kernel, stride }) => w.avgPool2d(x, kernel, { stride })),
  broadcastTo: special((x, { shape }) => x.broadcastTo(shape)),
  cdist: binary(w.cdist),
  ceil: unary(w.ceil),
  celu: unary(w.celu),
  cholesky: unary(w.cholesky),
  clip: unary(w.clip),
  concat: special((x, options, { y }) => w.concat([x, y], options)),
  cos: unary(w.cos),
  cosh: unary(w.cosh),
  cosineSimilarity: special((x, options, { y }) => w.cosineSimilarity(x, y, options)),
  cumMax: unary(w.cumMax),
  cumProd: unary(w.cumProd),
  cumSum: unary(w.cumSum),
  diag: unary(w.diag),
  diagonal: unary(w.diagonal),
  digamma: unary(w.digamma),
  div: binary((x, y) => x.div(y)),
  einsum: special((x, { equation }, { y }) => (y ? w.einsum(equation, x, y) : w.einsum(equation, x))),
  elu: unary(w.elu),
  equal: binary((x, y) => x.equal(y)),
  erf: unary(w.erf),
  erfc: unary(w.erfc),
  erfInv: unary(w.erfInv),
  exp: unary((x) => x.exp()),
  expm1: unary(w.expm1),
  flip: special((x, { axes }) => w.flip(x, { axis: axes })),
  floor: unary(w.floor),
  gelu: unary(w.gelu),
  greater: binary((x, y) => x.greater(y)),
  greaterEqual: binary((x, y) => x.greaterEqual(y)),
  hardTanh: unary(w.hardTanh),
  hypot: binary(w.hypot),
  inverse: unary(w.inverse),
  leakyRelu: unary(w.leakyRelu),
  less: binary((x, y) => x.less(y)),
  lessEqual: binary((x, y) => x.lessEqual(y)),
  lgamma: unary(w.lgamma),
  log: unary((x) => x.log()),
  log1p: unary(w.log1p),
  logAddExp: binary(w.logAddExp),
  logDet: unary(w.logDet),
  logCumSumExp: unary(w.logCumSumExp),
  logSigmoid: unary(w.logSigmoid),
  logSoftmax: unary(w.logSoftmax),
  logSumExp: unary(w.logSumExp),
  matmul: binary(w.matmul),
  max: unary(w.max),
  maximum: binary(w.maximum),
  maxPool2d: special((x, { kernel, stride }) => w.maxPool2d(x, kernel, { stride })),
  mean: unary(w.mean),
  min: unary(w.min),
  minimum: binary(w.minimum),
  mish: unary(w.mish),
  mul: binary((x, y) => x.mul(y)),
  neg: unary((x) => x.neg()),
  norm: unary(w.norm),
  notEqual: binary((x, y) => x.notEqual(y)),
  oneHot: special((_, { depth }, { indices }) => w.oneHot(indices, depth)),
  pad: special((x, { padding, value }) => w.pad(x, padding, { value })),
  pow: special((x, { exponent }, { y }) => x.pow(y ?? exponent)),
  prod: unary(w.prod),
  reciprocal: unary(w.reciprocal),
  relu: unary(w.relu),
  reshape: special((x, { shape }) => x.reshape(shape)),
  round: unary(w.round),
  rsqrt: unary(w.rsqrt),
  roll: special((x, { shift, ...options }) => w.roll(x, shift, options)),
  scatterAdd: special((x, options, { indices, updates }) => w.scatterAdd(x, indices, updates, options)),
  selu: unary(w.selu),
  sigmoid: unary(w.sigmoid),
  sign: unary(w.sign),
  silu: unary(w.silu),
  sin: unary(w.sin),
  sinh: unary(w.sinh),
  slice: special((x, { start, end, step }) => x.slice(start, end, step)),
  softmax: unary(w.softmax),
  softplus: unary(w.softplus),
  softsign: unary(w.softsign),
  solve: operator(({ a, b }) => w.solve(a as Tensor, b as Tensor)),
  sort: unary(w.sort),
  sqrt: unary((x) => x.sqrt()),
  square: unary((x) => x.square()),
  std: unary(w.std),
  stack: special((x, options, { y }) => w.stack([x, y], options)),
  sub: binary((x, y) => x.sub(y)),
  sum: unary(w.sum),
  tan: unary(w.tan),
  take: special((x, options, { indices }) => w.take(x, indices, options)),
  takeAlong: special((x, options, { indices }) => w.takeAlong(x, indices, options)),
  tanh: unary(w.tanh),
  tile: special((x, { repeats }) => w.tile(x, repeats)),
  topK: special((x, { k, ...options }) => w.topK(x, k, options).values),
  trace: unary(w.trace),
  transpose: special((x, { axes }) => x.transpose(axes)),
  triangularSolve: operator(({ a, b }, options) => w.triangularSolve(a as Tensor, b as Tensor, options)),
  tril: unary(w.tril),
  triu: unary(w.triu),
  variance: unary(w.variance),
  where: special((x, _, { condition, y }) => w.where(condition, x, y)),
  xLogY: binary(w.xLogY),
}

goldenSuite({ folder: goldenOpsFolder, adapters })

// Lies among the layers: the bias is added by the caller.
const layers: Record<string, Adapter> = {
  conv2d: operator(({ x, weight, bias }, options) => {
    const y = w.conv2d(x as Tensor, weight as Tensor, options)
    return bias ? y.add(bias.reshape([-1, 1, 1])) : y
  }),
}

goldenSuite({ folder: goldenFolder, adapters: layers, elsewhere: 'rest' })
