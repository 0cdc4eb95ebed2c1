import type { DType, MapBody, ScalarOp } from '@wengert/core'
import type { FunctionBuilder, I32, Local, V128 } from './assembler.ts'
import { f32x4, i32, i32x4, v128 } from './instructions.ts'
import { erf, exp, expm1, log, log1p, sigmoid, sign, softplus, tanh } from './math.ts'

/** Dtypes that stand in registers: four f32, four i32, or four bools as masks of 32 bits. */
export type LaneType = 'f32' | 'i32' | 'bool'

type Emit = (f: FunctionBuilder, ...args: Local<'v128'>[]) => V128
type Forms = Readonly<Partial<Record<LaneType, Emit>>>

const of =
  (instruction: (...args: V128[]) => V128): Emit =>
  (_, ...args) =>
    instruction(...args)

const notOf =
  (instruction: (...args: V128[]) => V128): Emit =>
  (_, ...args) =>
    v128.not(instruction(...args))

/** The instructions of scalar functions, by the dtype of their first argument. What is missing runs as a loop. */
const instructions: Readonly<Partial<Record<Exclude<ScalarOp, 'cast' | 'where'>, Forms>>> = {
  neg: { f32: of(f32x4.neg), i32: of(i32x4.neg) },
  abs: { f32: of(f32x4.abs), i32: of(i32x4.abs) },
  sign: { f32: sign },
  floor: { f32: of(f32x4.floor) },
  round: { f32: of(f32x4.nearest) },
  exp: { f32: exp },
  expm1: { f32: expm1 },
  log: { f32: log },
  log1p: { f32: log1p },
  sqrt: { f32: of(f32x4.sqrt) },
  tanh: { f32: tanh },
  sigmoid: { f32: sigmoid },
  softplus: { f32: softplus },
  erf: { f32: erf },
  not: { bool: of(v128.not) },
  isFinite: { f32: (_, x) => f32x4.lt(f32x4.abs(x), f32x4.const(Number.POSITIVE_INFINITY)) },
  add: { f32: of(f32x4.add), i32: of(i32x4.add) },
  sub: { f32: of(f32x4.sub), i32: of(i32x4.sub) },
  mul: { f32: of(f32x4.mul), i32: of(i32x4.mul) },
  div: { f32: of(f32x4.div) },
  maximum: { f32: of(f32x4.max), i32: of(i32x4.max) },
  minimum: { f32: of(f32x4.min), i32: of(i32x4.min) },
  equal: { f32: of(f32x4.eq), i32: of(i32x4.eq), bool: of(i32x4.eq) },
  notEqual: { f32: of(f32x4.ne), i32: of(i32x4.ne), bool: of(i32x4.ne) },
  less: { f32: of(f32x4.lt), i32: of(i32x4.lt) },
  lessEqual: { f32: of(f32x4.le), i32: of(i32x4.le) },
  and: { bool: of(v128.and) },
  or: { bool: of(v128.or) },
}

const one = i32x4.const(1)
const zero = i32x4.const(0)
const isNotZero = notOf((x) => i32x4.eq(x as V128, zero))

const casts: Readonly<Record<LaneType, Readonly<Record<LaneType, Emit>>>> = {
  f32: { f32: of((x) => x as V128), i32: of(i32x4.truncSat), bool: of((x) => f32x4.ne(x as V128, f32x4.const(0))) },
  i32: { f32: of(f32x4.convert), i32: of((x) => x as V128), bool: isNotZero },
  bool: {
    f32: of((x) => v128.and(x as V128, f32x4.const(1))),
    i32: of((x) => v128.and(x as V128, one)),
    bool: of((x) => x as V128),
  },
}

export function isLaneType(dtype: DType): dtype is LaneType {
  return dtype === 'f32' || dtype === 'i32' || dtype === 'bool'
}

/** For each step of a body its instructions; null where one of them has none. */
export function emitters({ inputs, scalars, steps }: MapBody): Emit[] | null {
  const dtypes = [...inputs.map(({ dtype }) => dtype), ...scalars]
  const emits: Emit[] = []
  for (const { op, args, dtype } of steps) {
    const from = dtypes[args[0] as number] as DType
    dtypes.push(dtype)
    if (!isLaneType(from) || !isLaneType(dtype)) return null
    const emit =
      op === 'cast'
        ? casts[from][dtype]
        : op === 'where'
          ? of((mask, a, b) => v128.bitselect(a as V128, b as V128, mask as V128))
          : instructions[op]?.[from]
    if (!emit) return null
    emits.push(emit)
  }
  return dtypes.every(isLaneType) ? emits : null
}

/** The result of a body whose inputs and scalars stand in the given registers. */
export function emitBody(
  f: FunctionBuilder,
  { steps }: MapBody,
  emits: readonly Emit[],
  registers: readonly Local<'v128'>[],
): Local<'v128'> {
  const all = [...registers]
  steps.forEach(({ args }, i) => {
    const emit = emits[i] as Emit
    all.push(f.let(emit(f, ...args.map((at) => all[at] as Local<'v128'>))))
  })
  return all.at(-1) as Local<'v128'>
}

/** How many of a vector's lanes count: all, or the first. */
export type Lanes = 4 | 1

/** Reads elements that lie `stride` apart, from the address that `pointer` holds on. */
export function loadLanes(pointer: Local<'i32'>, dtype: LaneType, stride: number, lanes: Lanes, offset = 0): V128 {
  if (dtype === 'bool') return isNotZeroByte(loadBytes(pointer, stride, lanes, offset))
  if (stride === 0) return v128.load32Splat(pointer, offset)
  if (lanes === 1) return v128.load32Zero(pointer, offset)
  if (stride === 1) return v128.load(pointer, offset)
  const at = (lane: number): V128 =>
    lane === 0
      ? v128.load32Zero(moved(pointer, offset))
      : v128.load32Lane(moved(pointer, offset + 4 * stride * lane), at(lane - 1), lane)
  return at(3)
}

function loadBytes(pointer: Local<'i32'>, stride: number, lanes: Lanes, offset: number): V128 {
  if (stride === 0 || lanes === 1) return v128.load8Splat(pointer, offset)
  if (stride === 1) return v128.load32Zero(pointer, offset)
  const at = (lane: number): V128 =>
    lane < 0 ? zero : v128.load8Lane(moved(pointer, offset + stride * lane), at(lane - 1), lane)
  return at(3)
}

const isNotZeroByte = (bytes: V128): V128 => v128.not(i32x4.eq(i32x4.extendLow8(bytes), zero))

/** Offsets of instructions are never negative, so a distance that may be is added. */
function moved(pointer: I32, by: number): I32 {
  return by === 0 ? pointer : i32.add(pointer, i32.const(by))
}

/** Stores elements `stride` apart. */
export function storeLanes(
  f: FunctionBuilder,
  pointer: Local<'i32'>,
  value: Local<'v128'>,
  dtype: LaneType,
  stride: number,
  lanes: Lanes,
): void {
  const isBool = dtype === 'bool'
  const stored = isBool ? f.let(v128.and(value, one)) : value
  if (stride === 1 && lanes === 4) {
    f.run(isBool ? v128.store32Lane(pointer, i32x4.narrowTo8(stored), 0) : v128.store(pointer, stored))
    return
  }
  for (let lane = 0; lane < lanes; lane++) {
    const at = moved(pointer, stride * lane * (isBool ? 1 : 4))
    f.run(isBool ? v128.store8Lane(at, stored, 4 * lane) : v128.store32Lane(at, stored, lane))
  }
}
