import type { BinaryScalar, ScalarOp, TypedArray, UnaryScalar } from '@wengert/core'
import { lgamma, polygamma } from './gamma.ts'
import { erf, erfc, erfInv, hypot, round, sigmoid, softplus, toI32 } from './special.ts'

/** Applies a scalar function to `n` elements of as many arrays as it has arguments, from the given positions on. */
export type Loop = (
  n: number,
  out: TypedArray,
  o: number,
  a: TypedArray,
  i: number,
  b: TypedArray,
  j: number,
  c: TypedArray,
  l: number,
) => void

// One simple loop per scalar function: a loop shared by all of them would call through a pointer for each element. The
// commonest have a loop of the same text for each kind of array: an engine compiles a loop that has met several kinds to
// tell them apart at each element, which costs more than the arithmetic. Arrays of floats come with their like.
// The casts are for the compiler, which cannot know that positions lie inside.

const unaryLoops: Readonly<Record<UnaryScalar, Loop>> = {
  neg: (n, out, o, a, i) => {
    if (out.constructor === Float32Array) for (let k = 0; k < n; k++) out[o + k] = -(a[i + k] as number)
    else if (out.constructor === Float64Array) for (let k = 0; k < n; k++) out[o + k] = -(a[i + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = -(a[i + k] as number)
  },
  abs: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.abs(a[i + k] as number)
  },
  sign: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.sign(a[i + k] as number)
  },
  floor: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.floor(a[i + k] as number)
  },
  round: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = round(a[i + k] as number)
  },
  exp: (n, out, o, a, i) => {
    if (out.constructor === Float32Array) for (let k = 0; k < n; k++) out[o + k] = Math.exp(a[i + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = Math.exp(a[i + k] as number)
  },
  expm1: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.expm1(a[i + k] as number)
  },
  log: (n, out, o, a, i) => {
    if (out.constructor === Float32Array) for (let k = 0; k < n; k++) out[o + k] = Math.log(a[i + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = Math.log(a[i + k] as number)
  },
  log1p: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.log1p(a[i + k] as number)
  },
  sqrt: (n, out, o, a, i) => {
    if (out.constructor === Float32Array) for (let k = 0; k < n; k++) out[o + k] = Math.sqrt(a[i + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = Math.sqrt(a[i + k] as number)
  },
  sin: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.sin(a[i + k] as number)
  },
  cos: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.cos(a[i + k] as number)
  },
  tan: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.tan(a[i + k] as number)
  },
  asin: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.asin(a[i + k] as number)
  },
  acos: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.acos(a[i + k] as number)
  },
  atan: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.atan(a[i + k] as number)
  },
  sinh: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.sinh(a[i + k] as number)
  },
  cosh: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.cosh(a[i + k] as number)
  },
  tanh: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.tanh(a[i + k] as number)
  },
  asinh: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.asinh(a[i + k] as number)
  },
  acosh: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.acosh(a[i + k] as number)
  },
  atanh: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.atanh(a[i + k] as number)
  },
  sigmoid: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = sigmoid(a[i + k] as number)
  },
  softplus: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = softplus(a[i + k] as number)
  },
  erf: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = erf(a[i + k] as number)
  },
  erfc: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = erfc(a[i + k] as number)
  },
  erfInv: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = erfInv(a[i + k] as number)
  },
  lgamma: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = lgamma(a[i + k] as number)
  },
  not: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = a[i + k] === 0 ? 1 : 0
  },
  isFinite: (n, out, o, a, i) => {
    for (let k = 0; k < n; k++) out[o + k] = Number.isFinite(a[i + k]) ? 1 : 0
  },
}

const binaryLoops: Readonly<Record<BinaryScalar, Loop>> = {
  add: (n, out, o, a, i, b, j) => {
    if (out.constructor === Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) + (b[j + k] as number)
    else if (out.constructor === Float64Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) + (b[j + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) + (b[j + k] as number)
  },
  sub: (n, out, o, a, i, b, j) => {
    if (out.constructor === Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) - (b[j + k] as number)
    else if (out.constructor === Float64Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) - (b[j + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) - (b[j + k] as number)
  },
  mul: (n, out, o, a, i, b, j) => {
    if (out.constructor === Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) * (b[j + k] as number)
    else if (out.constructor === Float64Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) * (b[j + k] as number)
    // The product of two i32 may need more digits than an f64 has.
    else for (let k = 0; k < n; k++) out[o + k] = Math.imul(a[i + k] as number, b[j + k] as number)
  },
  div: (n, out, o, a, i, b, j) => {
    if (out.constructor === Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) / (b[j + k] as number)
    else for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) / (b[j + k] as number)
  },
  pow: (n, out, o, a, i, b, j) => {
    for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) ** (b[j + k] as number)
  },
  atan2: (n, out, o, a, i, b, j) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.atan2(a[i + k] as number, b[j + k] as number)
  },
  hypot: (n, out, o, a, i, b, j) => {
    for (let k = 0; k < n; k++) out[o + k] = hypot(a[i + k] as number, b[j + k] as number)
  },
  polygamma: (n, out, o, a, i, b, j) => {
    for (let k = 0; k < n; k++) out[o + k] = polygamma(a[i + k] as number, b[j + k] as number)
  },
  maximum: (n, out, o, a, i, b, j) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.max(a[i + k] as number, b[j + k] as number)
  },
  minimum: (n, out, o, a, i, b, j) => {
    for (let k = 0; k < n; k++) out[o + k] = Math.min(a[i + k] as number, b[j + k] as number)
  },
  equal: (n, out, o, a, i, b, j) => {
    if (a.constructor === Float32Array) for (let k = 0; k < n; k++) out[o + k] = a[i + k] === b[j + k] ? 1 : 0
    else if (a.constructor === Float64Array) for (let k = 0; k < n; k++) out[o + k] = a[i + k] === b[j + k] ? 1 : 0
    else for (let k = 0; k < n; k++) out[o + k] = a[i + k] === b[j + k] ? 1 : 0
  },
  notEqual: (n, out, o, a, i, b, j) => {
    if (a.constructor === Float32Array) for (let k = 0; k < n; k++) out[o + k] = a[i + k] !== b[j + k] ? 1 : 0
    else if (a.constructor === Float64Array) for (let k = 0; k < n; k++) out[o + k] = a[i + k] !== b[j + k] ? 1 : 0
    else for (let k = 0; k < n; k++) out[o + k] = a[i + k] !== b[j + k] ? 1 : 0
  },
  less: (n, out, o, a, i, b, j) => {
    if (a.constructor === Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) < (b[j + k] as number) ? 1 : 0
    else if (a.constructor === Float64Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) < (b[j + k] as number) ? 1 : 0
    else for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) < (b[j + k] as number) ? 1 : 0
  },
  lessEqual: (n, out, o, a, i, b, j) => {
    if (a.constructor === Float32Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) <= (b[j + k] as number) ? 1 : 0
    else if (a.constructor === Float64Array)
      for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) <= (b[j + k] as number) ? 1 : 0
    else for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) <= (b[j + k] as number) ? 1 : 0
  },
  and: (n, out, o, a, i, b, j) => {
    for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) & (b[j + k] as number)
  },
  or: (n, out, o, a, i, b, j) => {
    for (let k = 0; k < n; k++) out[o + k] = (a[i + k] as number) | (b[j + k] as number)
  },
}

const where: Loop = (n, out, o, condition, i, a, j, b, l) => {
  if (out.constructor === Float32Array)
    for (let k = 0; k < n; k++) out[o + k] = condition[i + k] !== 0 ? (a[j + k] as number) : (b[l + k] as number)
  else if (out.constructor === Float64Array)
    for (let k = 0; k < n; k++) out[o + k] = condition[i + k] !== 0 ? (a[j + k] as number) : (b[l + k] as number)
  else for (let k = 0; k < n; k++) out[o + k] = condition[i + k] !== 0 ? (a[j + k] as number) : (b[l + k] as number)
}

const cast: Loop = (n, out, o, a, i) => {
  if (out.constructor === Uint8Array) for (let k = 0; k < n; k++) out[o + k] = a[i + k] !== 0 ? 1 : 0
  else if (out.constructor === Int32Array) for (let k = 0; k < n; k++) out[o + k] = toI32(a[i + k] as number)
  else for (let k = 0; k < n; k++) out[o + k] = a[i + k] as number
}

export const loops: Readonly<Record<ScalarOp, Loop>> = { ...unaryLoops, ...binaryLoops, where, cast }
