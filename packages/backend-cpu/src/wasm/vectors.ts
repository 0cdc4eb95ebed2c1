import { type F32, type F64, type I32, signed, unsigned, type V128 } from './assembler.ts'

// The instructions of vectors that kernels need, by their names in the WebAssembly specification (core 2.0 and the relaxed SIMD proposal).

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)]

const unary =
  (opcode: number): ((a: V128) => V128) =>
  (a) => ({ type: 'v128', code: [...a.code, ...simd(opcode)] })

const binary =
  (opcode: number): ((a: V128, b: V128) => V128) =>
  (a, b) => ({ type: 'v128', code: [...a.code, ...b.code, ...simd(opcode)] })

const shift =
  (opcode: number): ((a: V128, by: number) => V128) =>
  (a, by) => ({ type: 'v128', code: [...a.code, 0x41, ...signed(by), ...simd(opcode)] })

const ternary =
  (opcode: number): ((a: V128, b: V128, c: V128) => V128) =>
  (a, b, c) => ({ type: 'v128', code: [...a.code, ...b.code, ...c.code, ...simd(opcode)] })

/** A load from `at` + `offset` bytes. Nothing is promised of the alignment. */
const load =
  (opcode: number): ((at: I32, offset?: number) => V128) =>
  (at, offset = 0) => ({ type: 'v128', code: [...at.code, ...simd(opcode), 0, ...unsigned(offset)] })

const bytesOf = (array: Float32Array | Float64Array | Int32Array): number[] => [...new Uint8Array(array.buffer)]

export const v128: {
  readonly [K in 'load' | 'load32Splat' | 'load64Splat' | 'load8Splat' | 'load32Zero' | 'load64Zero']: (
    at: I32,
    offset?: number,
  ) => V128
} & {
  /** Puts the 4 bytes at `at` into one lane of a vector. */
  load32Lane(at: I32, vector: V128, lane: number, offset?: number): V128
  load64Lane(at: I32, vector: V128, lane: number, offset?: number): V128
  load8Lane(at: I32, vector: V128, lane: number, offset?: number): V128
  store(at: I32, value: V128, offset?: number): number[]
  store32Lane(at: I32, value: V128, lane: number, offset?: number): number[]
  store64Lane(at: I32, value: V128, lane: number, offset?: number): number[]
  store8Lane(at: I32, value: V128, lane: number, offset?: number): number[]
  not(a: V128): V128
  and(a: V128, b: V128): V128
  /** a and not b. */
  andNot(a: V128, b: V128): V128
  or(a: V128, b: V128): V128
  xor(a: V128, b: V128): V128
  /** The bits of a where the mask has ones, those of b elsewhere. */
  bitselect(a: V128, b: V128, mask: V128): V128
} = {
  load: load(0x00),
  load8Splat: load(0x07),
  load32Splat: load(0x09),
  load64Splat: load(0x0a),
  load32Zero: load(0x5c),
  load64Zero: load(0x5d),
  load32Lane: (at, vector, lane, offset = 0) => ({
    type: 'v128',
    code: [...at.code, ...vector.code, ...simd(0x56), 0, ...unsigned(offset), lane],
  }),
  load64Lane: (at, vector, lane, offset = 0) => ({
    type: 'v128',
    code: [...at.code, ...vector.code, ...simd(0x57), 0, ...unsigned(offset), lane],
  }),
  load8Lane: (at, vector, lane, offset = 0) => ({
    type: 'v128',
    code: [...at.code, ...vector.code, ...simd(0x54), 0, ...unsigned(offset), lane],
  }),
  store: (at, value, offset = 0) => [...at.code, ...value.code, ...simd(0x0b), 0, ...unsigned(offset)],
  store32Lane: (at, value, lane, offset = 0) => [
    ...at.code,
    ...value.code,
    ...simd(0x5a),
    0,
    ...unsigned(offset),
    lane,
  ],
  store64Lane: (at, value, lane, offset = 0) => [
    ...at.code,
    ...value.code,
    ...simd(0x5b),
    0,
    ...unsigned(offset),
    lane,
  ],
  store8Lane: (at, value, lane, offset = 0) => [...at.code, ...value.code, ...simd(0x58), 0, ...unsigned(offset), lane],
  not: unary(0x4d),
  and: binary(0x4e),
  andNot: binary(0x4f),
  or: binary(0x50),
  xor: binary(0x51),
  bitselect: ternary(0x52),
}

type Unary = (a: V128) => V128
type Binary = (a: V128, b: V128) => V128
type Shift = (a: V128, by: number) => V128
type Ternary = (a: V128, b: V128, c: V128) => V128

const constant = (bytes: readonly number[]): V128 => ({ type: 'v128', code: [...simd(0x0c), ...bytes] })

export const i32x4: {
  const(n: number): V128
  /** A constant, lane by lane. */
  of(...lanes: readonly [number, number, number, number]): V128
  splat(n: I32): V128
  /** Four lanes, chosen by position from those of a and then b. */
  shuffle(a: V128, b: V128, ...lanes: readonly number[]): V128
  /** The highest bits of the lanes. Engines find out with it in fewer instructions than with `any_true` whether a mask is set anywhere. */
  bitmask(a: V128): I32
} & Readonly<Record<'abs' | 'neg' | 'extendLow8' | 'truncSat' | 'truncSatWide' | 'narrowTo8', Unary>> &
  Readonly<Record<'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'add' | 'sub' | 'mul' | 'min' | 'max', Binary>> &
  Readonly<Record<'shl' | 'shr' | 'shrU', Shift>> = {
  const: (n) => constant(bytesOf(new Int32Array(4).fill(n))),
  of: (...lanes) => constant(bytesOf(new Int32Array(lanes))),
  shuffle: (a, b, ...lanes) => ({
    type: 'v128',
    code: [
      ...a.code,
      ...b.code,
      ...simd(0x0d),
      ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
    ],
  }),
  splat: (n) => ({ type: 'v128', code: [...n.code, ...simd(0x11)] }),
  bitmask: (a) => ({ type: 'i32', code: [...a.code, ...simd(0xa4)] }),
  abs: unary(0xa0),
  neg: unary(0xa1),
  /** The first four bytes, as numbers from 0 to 255. */
  extendLow8: (a) => ({ type: 'v128', code: [...a.code, ...simd(0x89), ...simd(0xa9)] }),
  /** Toward zero, saturating, NaN to 0. */
  truncSat: unary(0xf8),
  /** The same from f64x2, to the first two lanes. */
  truncSatWide: unary(0xfc),
  /** Four numbers from 0 to 255 as the first four bytes. */
  narrowTo8: (a) => ({
    type: 'v128',
    code: [...a.code, ...a.code, ...simd(0x85), ...a.code, ...a.code, ...simd(0x85), ...simd(0x66)],
  }),
  eq: binary(0x37),
  ne: binary(0x38),
  lt: binary(0x39),
  gt: binary(0x3b),
  le: binary(0x3d),
  add: binary(0xae),
  sub: binary(0xb1),
  mul: binary(0xb5),
  min: binary(0xb6),
  max: binary(0xb8),
  shl: shift(0xab),
  shr: shift(0xac),
  shrU: shift(0xad),
}

export const f32x4: {
  const(n: number): V128
  splat(n: F32): V128
  /** a·b + c, rounded once or twice as the machine likes. */
  relaxedMadd: Ternary
} & Readonly<Record<'abs' | 'neg' | 'sqrt' | 'floor' | 'nearest' | 'convert' | 'demote', Unary>> &
  Readonly<
    Record<'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'pmin' | 'pmax', Binary>
  > = {
  const: (n) => constant(bytesOf(new Float32Array(4).fill(n))),
  splat: (n) => ({ type: 'v128', code: [...n.code, ...simd(0x13)] }),
  relaxedMadd: ternary(0x105),
  abs: unary(0xe0),
  neg: unary(0xe1),
  sqrt: unary(0xe3),
  floor: unary(0x68),
  nearest: unary(0x6a),
  /** From i32x4. */
  convert: unary(0xfa),
  /** From f64x2 to the first two lanes. */
  demote: unary(0x5e),
  eq: binary(0x41),
  ne: binary(0x42),
  lt: binary(0x43),
  gt: binary(0x44),
  le: binary(0x45),
  add: binary(0xe4),
  sub: binary(0xe5),
  mul: binary(0xe6),
  div: binary(0xe7),
  min: binary(0xe8),
  max: binary(0xe9),
  /** b where it is less than a, else a: one instruction of the machine, unlike `min`. */
  pmin: binary(0xea),
  /** b where it is greater than a, else a. */
  pmax: binary(0xeb),
}

export const f64x2: {
  const(n: number): V128
  splat(n: F64): V128
  lane(a: V128, lane: 0 | 1): F64
  relaxedMadd: Ternary
  /** From the last two lanes of f32x4. */
  promoteHigh(a: V128): V128
} & Readonly<Record<'promoteLow' | 'convertLow' | 'abs' | 'neg' | 'sqrt' | 'floor' | 'nearest', Unary>> &
  Readonly<
    Record<'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'pmin' | 'pmax', Binary>
  > = {
  const: (n) => constant(bytesOf(new Float64Array(2).fill(n))),
  splat: (n) => ({ type: 'v128', code: [...n.code, ...simd(0x14)] }),
  lane: (a, lane) => ({ type: 'f64', code: [...a.code, ...simd(0x21), lane] }),
  relaxedMadd: ternary(0x107),
  /** From the first two lanes of f32x4. */
  promoteLow: unary(0x5f),
  promoteHigh: (a) => f64x2.promoteLow(i32x4.shuffle(a, a, 2, 3, 2, 3)),
  /** From the first two lanes of i32x4. */
  convertLow: unary(0xfe),
  abs: unary(0xec),
  neg: unary(0xed),
  sqrt: unary(0xef),
  floor: unary(0x75),
  nearest: unary(0x94),
  eq: binary(0x47),
  ne: binary(0x48),
  lt: binary(0x49),
  gt: binary(0x4a),
  le: binary(0x4b),
  add: binary(0xf0),
  sub: binary(0xf1),
  mul: binary(0xf2),
  div: binary(0xf3),
  min: binary(0xf4),
  max: binary(0xf5),
  pmin: binary(0xf6),
  pmax: binary(0xf7),
}
