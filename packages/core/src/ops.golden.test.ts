import { type Adapter, goldenOpsFolder, goldenSuite, operator } from '@wengert/testing'
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
  readonly start: readonly number[]
  readonly end: readonly number[]
  readonly step: readonly number[]
  readonly depth: number
  readonly exponent: number
}

/** Inputs of the files beside x. */
interface Others {
  readonly condition: Tensor
  readonly indices: Tensor
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
  add: binary((x, y) => x.add(y)),
  argMax: unary(w.argMax),
  broadcastTo: special((x, { shape }) => x.broadcastTo(shape)),
  cos: unary(w.cos),
  div: binary((x, y) => x.div(y)),
  elu: unary(w.elu),
  equal: binary((x, y) => x.equal(y)),
  erf: unary(w.erf),
  erfInv: unary(w.erfInv),
  exp: unary((x) => x.exp()),
  expm1: unary(w.expm1),
  floor: unary(w.floor),
  gelu: unary(w.gelu),
  greater: binary((x, y) => x.greater(y)),
  greaterEqual: binary((x, y) => x.greaterEqual(y)),
  leakyRelu: unary(w.leakyRelu),
  less: binary((x, y) => x.less(y)),
  lessEqual: binary((x, y) => x.lessEqual(y)),
  log: unary((x) => x.log()),
  log1p: unary(w.log1p),
  logSigmoid: unary(w.logSigmoid),
  logSoftmax: unary(w.logSoftmax),
  logSumExp: unary(w.logSumExp),
  matmul: binary(w.matmul),
  max: unary(w.max),
  maximum: binary(w.maximum),
  mean: unary(w.mean),
  min: unary(w.min),
  minimum: binary(w.minimum),
  mish: unary(w.mish),
  mul: binary((x, y) => x.mul(y)),
  neg: unary((x) => x.neg()),
  notEqual: binary((x, y) => x.notEqual(y)),
  oneHot: special((_, { depth }, { indices }) => w.oneHot(indices, depth, { dtype: 'f64' })),
  pow: special((x, { exponent }, { y }) => x.pow(y ?? exponent)),
  relu: unary(w.relu),
  reshape: special((x, { shape }) => x.reshape(shape)),
  selu: unary(w.selu),
  sigmoid: unary(w.sigmoid),
  sign: unary(w.sign),
  silu: unary(w.silu),
  sin: unary(w.sin),
  slice: special((x, { start, end, step }) => x.slice(start, end, step)),
  softmax: unary(w.softmax),
  softplus: unary(w.softplus),
  softsign: unary(w.softsign),
  sqrt: unary((x) => x.sqrt()),
  square: unary((x) => x.square()),
  sub: binary((x, y) => x.sub(y)),
  sum: unary(w.sum),
  tanh: unary(w.tanh),
  transpose: special((x, { axes }) => x.transpose(axes)),
  variance: unary(w.variance),
  where: special((x, _, { condition, y }) => w.where(condition, x, y)),
}

goldenSuite({ folder: goldenOpsFolder, adapters })
