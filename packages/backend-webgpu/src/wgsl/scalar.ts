import type { BinaryScalar, DType, ScalarOp, UnaryScalar } from '@wengert/core'
import { helpersIn } from './helpers.ts'
import { type Register, registerOf } from './module.ts'

/** For each type of register that a function takes, its WGSL. */
type Forms<F> = Readonly<Partial<Record<Register, F>>>

type Unary = (x: string) => string
type Binary = (a: string, b: string) => string

const call1 =
  (name: string): Unary =>
  (x) =>
    `${name}(${x})`

const call2 =
  (name: string): Binary =>
  (a, b) =>
    `${name}(${a}, ${b})`

const infix =
  (symbol: string): Binary =>
  (a, b) =>
    `(${a} ${symbol} ${b})`

// Where WGSL's own function is exact and says what happens to zeros, infinities and NaN in practice, it is taken.

/** WGSL of the scalar functions of one argument. */
export const unaryCode: Readonly<Record<UnaryScalar, Forms<Unary>>> = {
  neg: { f32: (x) => `(-${x})`, i32: (x) => `(-${x})` },
  abs: { f32: (x) => `abs(${x})`, i32: (x) => `abs(${x})` },
  sign: { f32: call1('signF32'), i32: (x) => `sign(${x})` },
  floor: { f32: (x) => `floor(${x})` },
  round: { f32: (x) => `round(${x})` },
  exp: { f32: call1('expF32') },
  expm1: { f32: call1('expm1F32') },
  log: { f32: call1('logF32') },
  log1p: { f32: call1('log1pF32') },
  sqrt: { f32: (x) => `sqrt(${x})` },
  sin: { f32: call1('sinF32') },
  cos: { f32: call1('cosF32') },
  tan: { f32: call1('tanF32') },
  asin: { f32: call1('asinF32') },
  acos: { f32: call1('acosF32') },
  atan: { f32: call1('atanF32') },
  sinh: { f32: call1('sinhF32') },
  cosh: { f32: call1('coshF32') },
  tanh: { f32: call1('tanhF32') },
  asinh: { f32: call1('asinhF32') },
  acosh: { f32: call1('acoshF32') },
  atanh: { f32: call1('atanhF32') },
  sigmoid: { f32: call1('sigmoidF32') },
  softplus: { f32: call1('softplusF32') },
  erf: { f32: call1('erfF32') },
  erfc: { f32: call1('erfcF32') },
  erfInv: { f32: call1('erfInvF32') },
  lgamma: { f32: call1('lgammaF32') },
  not: { bool: (x) => `(!${x})` },
  isFinite: { f32: call1('isFiniteF32') },
}

/** WGSL of the scalar functions of two arguments of one type. Integers wrap around. */
export const binaryCode: Readonly<Record<BinaryScalar, Forms<Binary>>> = {
  add: { f32: infix('+'), i32: infix('+') },
  sub: { f32: infix('-'), i32: infix('-') },
  mul: { f32: infix('*'), i32: infix('*') },
  div: { f32: infix('/') },
  pow: { f32: call2('powF32') },
  atan2: { f32: call2('atan2F32') },
  hypot: { f32: call2('hypotF32') },
  polygamma: { f32: call2('polygammaF32') },
  maximum: { f32: call2('maximumF32'), i32: (a, b) => `max(${a}, ${b})` },
  minimum: { f32: call2('minimumF32'), i32: (a, b) => `min(${a}, ${b})` },
  equal: { f32: call2('equalF32'), i32: infix('=='), bool: infix('==') },
  notEqual: { f32: (a, b) => `(!equalF32(${a}, ${b}))`, i32: infix('!='), bool: infix('!=') },
  less: { f32: call2('lessF32'), i32: infix('<') },
  lessEqual: { f32: call2('lessEqualF32'), i32: infix('<=') },
  and: { bool: infix('&') },
  or: { bool: infix('|') },
}

/** WGSL of conversions, from the first type to the second. */
const castCode: Readonly<Record<Register, Readonly<Record<Register, Unary>>>> = {
  f32: { f32: (x) => x, i32: call1('toI32'), bool: call1('isNonZero') },
  i32: { f32: (x) => `f32(${x})`, i32: (x) => x, bool: (x) => `(${x} != 0)` },
  bool: { f32: (x) => `f32(${x})`, i32: (x) => `i32(${x})`, bool: (x) => x },
}

/** Functions whose result is an f16 wherever their arguments are. */
const exactInF16: ReadonlySet<ScalarOp> = new Set<ScalarOp>([
  'neg',
  'abs',
  'sign',
  'floor',
  'round',
  'maximum',
  'minimum',
  'where',
])

/** A scalar function and what it is applied to. */
export interface ScalarCall {
  readonly op: ScalarOp
  /** WGSL of the arguments: names, calls or expressions in parentheses. */
  readonly args: readonly string[]
  readonly argTypes: readonly DType[]
  /** Type of the result. */
  readonly type: DType
}

/** A WGSL expression that may stand as an argument of another, and the helper functions it calls. */
export interface Expression {
  readonly code: string
  readonly needs: readonly string[]
}

/**
 * WGSL of one scalar function on registers. f32 and i32 stand in registers of that type, bool in one of type bool. An f16 stands in
 * a register of f32, to which it is rounded after each function, so that fused and unfused runs give the same bits.
 * Core checks dtypes, so one that a function does not take comes of an error inside.
 *
 * @example expression({ op: 'sign', args: ['r0'], argTypes: ['f32'], type: 'f32' }).code // signF32(r0)
 */
export function expression({ op, args, argTypes, type }: ScalarCall): Expression {
  const [a = '', b = '', c = ''] = args
  let code: string
  if (op === 'where') code = `select(${c}, ${b}, ${a})`
  else if (op === 'cast') code = castCode[register(op, argTypes[0])][register(op, type)](a)
  else if (isUnary(op)) code = formFor(op, unaryCode[op], argTypes[0])(a)
  else code = formFor(op, binaryCode[op], argTypes[0])(a, b)
  if (type === 'f16' && !exactInF16.has(op)) code = `roundToF16(${code})`
  return { code, needs: helpersIn(code) }
}

function isUnary(op: UnaryScalar | BinaryScalar): op is UnaryScalar {
  return Object.hasOwn(unaryCode, op)
}

function formFor<F>(op: ScalarOp, forms: Forms<F>, dtype: DType | undefined): F {
  const form = forms[register(op, dtype)]
  if (form) return form
  throw new Error(`internal: ${op} takes ${Object.keys(forms).join(' or ')}, got ${dtype}`)
}

function register(op: ScalarOp, dtype: DType | undefined): Register {
  if (dtype !== undefined && dtype !== 'f64') return registerOf(dtype)
  throw new Error(`internal: ${op} takes f16, f32, i32 or bool, got ${dtype}`)
}
