import type { BinaryScalar, ScalarOp, TypedArray, UnaryScalar } from '@wengert/core'
import { lgamma, polygamma } from './gamma.ts'
import { erf, erfc, erfInv, hypot, round, sigmoid, softplus, toI32 } from './special.ts'

// Loops apply a scalar function to `n` elements from the given positions on.

type UnaryLoop = (out: TypedArray, o: number, a: TypedArray, i: number, n: number) => void

type BinaryLoop = (out: TypedArray, o: number, a: TypedArray, i: number, b: TypedArray, j: number, n: number) => void

// One simple loop per scalar function: a loop shared by all of them would call through a pointer for each element. The
// commonest have a loop of the same text for each kind of array: an engine compiles a loop that has met several kinds to
// tell them apart at each element, which costs more than the arithmetic. Arrays of floats come with their like.
// The casts are for the compiler, which cannot know that positions lie inside.

const unaryLoops: Readonly<Record<UnaryScalar, UnaryLoop>> = {
  neg: (out, o, a, i, n) => {
    if (out instanceof Float32Array) for (let k = 0; k < n; k++) out[o + k] = -(a[i + k] as number)
    else if (out instanceof Float64Array) for (let k = 0; k < n; k++) out[o + k] = -(a[i + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = -(a[i + k] as number)
  },
  abs: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.abs(a[i + k] as number)
  },
  sign: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.sign(a[i + k] as number)
  },
  floor: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.floor(a[i + k] as number)
  },
  round: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = round(a[i + k] as number)
  },
  exp: (out, o, a, i, n) => {
    if (out instanceof Float32Array) for (let k = 0; k < n; k++) out[o + k] = Math.exp(a[i + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = Math.exp(a[i + k] as number)
  },
  expm1: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.expm1(a[i + k] as number)
  },
  log: (out, o, a, i, n) => {
    if (out instanceof Float32Array) for (let k = 0; k < n; k++) out[o + k] = Math.log(a[i + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = Math.log(a[i + k] as number)
  },
  log1p: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.log1p(a[i + k] as number)
  },
  sqrt: (out, o, a, i, n) => {
    if (out instanceof Float32Array) for (let k = 0; k < n; k++) out[o + k] = Math.sqrt(a[i + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = Math.sqrt(a[i + k] as number)
  },
  sin: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.sin(a[i + k] as number)
  },
  cos: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.cos(a[i + k] as number)
  },
  tan: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.tan(a[i + k] as number)
  },
  asin: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.asin(a[i + k] as number)
  },
  acos: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.acos(a[i + k] as number)
  },
  atan: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.atan(a[i + k] as number)
  },
  sinh: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.sinh(a[i + k] as number)
  },
  cosh: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.cosh(a[i + k] as number)
  },
  tanh: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.tanh(a[i + k] as number)
  },
  asinh: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.asinh(a[i + k] as number)
  },
  acosh: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.acosh(a[i + k] as number)
  },
  atanh: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.atanh(a[i + k] as number)
  },
  sigmoid: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = sigmoid(a[i + k] as number)
  },
  softplus: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = softplus(a[i + k] as number)
  },
  erf: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = erf(a[i + k] as number)
  },
  erfc: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = erfc(a[i + k] as number)
  },
  erfInv: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = erfInv(a[i + k] as number)
  },
  lgamma: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = lgamma(a[i + k] as number)
  },
  not: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = a[i + k] === 0 ? 1 : 0
  },
  isFinite: (out, o, a, i, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Number.isFinite(a[i + k]) ? 1 : 0
  },
}

const binaryLoops: Readonly<Record<BinaryScalar, BinaryLoop>> = {
  add: (out, o, a, i, b, j, n) => {
    if (out instanceof Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) + (b[j + k] as number)
    else if (out instanceof Float64Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) + (b[j + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) + (b[j + k] as number)
  },
  sub: (out, o, a, i, b, j, n) => {
    if (out instanceof Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) - (b[j + k] as number)
    else if (out instanceof Float64Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) - (b[j + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) - (b[j + k] as number)
  },
  mul: (out, o, a, i, b, j, n) => {
    if (out instanceof Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) * (b[j + k] as number)
    else if (out instanceof Float64Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) * (b[j + k] as number)
    // The product of two i32 may need more digits than an f64 has.
    else for (let k = 0; k < n; k++) out[o + k] = Math.imul(a[i + k] as number, b[j + k] as number)
  },
  div: (out, o, a, i, b, j, n) => {
    if (out instanceof Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) / (b[j + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) / (b[j + k] as number)
  },
  pow: (out, o, a, i, b, j, n) => {
    for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) ** (b[j + k] as number)
  },
  atan2: (out, o, a, i, b, j, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.atan2(a[i + k] as number, b[j + k] as number)
  },
  hypot: (out, o, a, i, b, j, n) => {
    for (let k = 0; k < n; k++) out[o + k] = hypot(a[i + k] as number, b[j + k] as number)
  },
  polygamma: (out, o, a, i, b, j, n) => {
    for (let k = 0; k < n; k++) out[o + k] = polygamma(a[i + k] as number, b[j + k] as number)
  },
  maximum: (out, o, a, i, b, j, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.max(a[i + k] as number, b[j + k] as number)
  },
  minimum: (out, o, a, i, b, j, n) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.min(a[i + k] as number, b[j + k] as number)
  },
  equal: (out, o, a, i, b, j, n) => {
    if (a instanceof Float32Array) for (let k = 0; k < n; k++) out[o + k] = a[i + k] === b[j + k] ? 1 : 0
    else if (a instanceof Float64Array) for (let k = 0; k < n; k++) out[o + k] = a[i + k] === b[j + k] ? 1 : 0
    else for (let k = 0; k < n; k++) out[o + k] = a[i + k] === b[j + k] ? 1 : 0
  },
  notEqual: (out, o, a, i, b, j, n) => {
    if (a instanceof Float32Array) for (let k = 0; k < n; k++) out[o + k] = a[i + k] !== b[j + k] ? 1 : 0
    else if (a instanceof Float64Array) for (let k = 0; k < n; k++) out[o + k] = a[i + k] !== b[j + k] ? 1 : 0
    else for (let k = 0; k < n; k++) out[o + k] = a[i + k] !== b[j + k] ? 1 : 0
  },
  less: (out, o, a, i, b, j, n) => {
    if (a instanceof Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) < (b[j + k] as number) ? 1 : 0
    else if (a instanceof Float64Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) < (b[j + k] as number) ? 1 : 0
    else for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) < (b[j + k] as number) ? 1 : 0
  },
  lessEqual: (out, o, a, i, b, j, n) => {
    if (a instanceof Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) <= (b[j + k] as number) ? 1 : 0
    else if (a instanceof Float64Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) <= (b[j + k] as number) ? 1 : 0
    else for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) <= (b[j + k] as number) ? 1 : 0
  },
  and: (out, o, a, i, b, j, n) => {
    for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) & (b[j + k] as number)
  },
  or: (out, o, a, i, b, j, n) => {
    for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) | (b[j + k] as number)
  },
}

type TernaryLoop = (
  out: TypedArray,
  o: number,
  a: TypedArray,
  i: number,
  b: TypedArray,
  j: number,
  c: TypedArray,
  l: number,
  n: number,
) => void

const where: TernaryLoop = (out, o, condition, i, a, j, b, l, n) => {
  if (out instanceof Float32Array)
    for (let k = 0; k < n; k++) out[o + k] = condition[i + k] !== 0 ? (a[j + k] as number) : (b[l + k] as number)
  else if (out instanceof Float64Array)
    for (let k = 0; k < n; k++) out[o + k] = condition[i + k] !== 0 ? (a[j + k] as number) : (b[l + k] as number)
  else for (let k = 0; k < n; k++) out[o + k] = condition[i + k] !== 0 ? (a[j + k] as number) : (b[l + k] as number)
}

const cast: UnaryLoop = (out, o, a, i, n) => {
  if (out instanceof Uint8Array) for (let k = 0; k < n; k++) out[o + k] = a[i + k] !== 0 ? 1 : 0
  else if (out instanceof Int32Array) for (let k = 0; k < n; k++) out[o + k] = toI32(a[i + k] as number)
  else for (let k = 0; k < n; k++) out[o + k] = a[i + k] as number
}

/** The loop of each function, with as many arrays as it has arguments. */
export const loops = { ...unaryLoops, ...binaryLoops, where, cast } as Readonly<
  Record<ScalarOp, (...args: (TypedArray | number)[]) => void>
>
