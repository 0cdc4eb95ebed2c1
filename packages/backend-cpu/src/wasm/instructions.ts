import { type F32, type F64, type I32, type I64, signed, unsigned, type Value, type ValueType } from './assembler.ts'

// The instructions of numbers that kernels need, by their names in the WebAssembly specification (core 2.0).

const plain =
  <T extends ValueType>(type: T, opcode: number): ((a: Value<T>, b: Value<T>) => Value<T>) =>
  (a, b) => ({ type, code: [...a.code, ...b.code, opcode] })

/** A load from `at` + `offset` bytes, and a store. Nothing is promised of the alignment. */
const loadOf =
  <T extends ValueType>(type: T, opcode: number): ((at: I32, offset?: number) => Value<T>) =>
  (at, offset = 0) => ({ type, code: [...at.code, opcode, 0, ...unsigned(offset)] })

const storeOf =
  <T extends ValueType>(opcode: number): ((at: I32, value: Value<T>, offset?: number) => number[]) =>
  (at, value, offset = 0) => [...at.code, ...value.code, opcode, 0, ...unsigned(offset)]

export const i32: {
  const(n: number): I32
  add(a: I32, b: I32): I32
  sub(a: I32, b: I32): I32
  mul(a: I32, b: I32): I32
  and(a: I32, b: I32): I32
  shl(a: I32, by: number): I32
  shr(a: I32, by: number): I32
  ltS(a: I32, b: I32): I32
  ltU(a: I32, b: I32): I32
  leS(a: I32, b: I32): I32
  eq(a: I32, b: I32): I32
  /** a where the condition is not 0, else b. */
  select(a: I32, b: I32, condition: I32): I32
  /** The lesser of two. */
  min(a: I32, b: I32): I32
  load(at: I32, offset?: number): I32
  /** One byte, as a number from 0 to 255. */
  load8U(at: I32, offset?: number): I32
  store(at: I32, value: I32, offset?: number): number[]
} = {
  const: (n) => ({ type: 'i32', code: [0x41, ...signed(n)] }),
  add: plain('i32', 0x6a),
  sub: plain('i32', 0x6b),
  mul: plain('i32', 0x6c),
  and: plain('i32', 0x71),
  shl: (a, by) => ({ type: 'i32', code: [...a.code, 0x41, ...signed(by), 0x74] }),
  shr: (a, by) => ({ type: 'i32', code: [...a.code, 0x41, ...signed(by), 0x75] }),
  ltS: plain('i32', 0x48),
  ltU: plain('i32', 0x49),
  leS: plain('i32', 0x4c),
  eq: plain('i32', 0x46),
  select: (a, b, condition) => ({ type: 'i32', code: [...a.code, ...b.code, ...condition.code, 0x1b] }),
  min: (a, b) => ({ type: 'i32', code: [...a.code, ...b.code, ...a.code, ...b.code, 0x48, 0x1b] }),
  load: loadOf('i32', 0x28),
  load8U: loadOf('i32', 0x2d),
  store: storeOf(0x36),
}

export const i64: {
  ltU(a: I64, b: I64): I32
  load(at: I32, offset?: number): I64
  store(at: I32, value: I64, offset?: number): number[]
} = {
  ltU: (a, b) => ({ type: 'i32', code: [...a.code, ...b.code, 0x54] }),
  load: loadOf('i64', 0x29),
  store: storeOf(0x37),
}

export const f32: { load(at: I32, offset?: number): F32; store(at: I32, value: F32, offset?: number): number[] } = {
  load: loadOf('f32', 0x2a),
  store: storeOf(0x38),
}

export const f64: {
  const(n: number): F64
  add(a: F64, b: F64): F64
  promote(a: F32): F64
  toF32(a: F64): F32
  load(at: I32, offset?: number): F64
  store(at: I32, value: F64, offset?: number): number[]
} = {
  const: (n) => ({ type: 'f64', code: [0x44, ...new Uint8Array(Float64Array.of(n).buffer)] }),
  add: plain('f64', 0xa0),
  promote: (a) => ({ type: 'f64', code: [...a.code, 0xbb] }),
  toF32: (a) => ({ type: 'f32', code: [...a.code, 0xb6] }),
  load: loadOf('f64', 0x2b),
  store: storeOf(0x39),
}

export const memory: {
  /** Sets bytes from an address on to one value. */
  fill(at: I32, value: I32, bytes: I32): number[]
} = {
  fill: (at, value, bytes) => [...at.code, ...value.code, ...bytes.code, 0xfc, 0x0b, 0x00],
}
