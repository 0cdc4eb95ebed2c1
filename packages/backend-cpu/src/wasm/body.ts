import type { DType, MapBody, ScalarOp } from '@wengert/core'
import type { FunctionBuilder, I32, Local, V128 } from './assembler.ts'
import { i32 } from './instructions.ts'
import { elementBytes } from './linear.ts'
import { erf, erfc, erfInv } from './math/errorFunction.ts'
import { cosh, exp, expm1, sigmoid, sinh, tanh } from './math/exponential.ts'
import { acos, asin, atan, atan2 } from './math/inverseTrigonometric.ts'
import { acosh, asinh, atanh, log, log1p, softplus } from './math/logarithm.ts'
import { hypot, pow } from './math/power.ts'
import { cos, sin, tan } from './math/trigonometric.ts'
import { double, float, integer, sign } from './math.ts'
import { f32x4, f64x2, i32x4, v128 } from './vectors.ts'

/**
 * Dtypes that stand in registers: four f32, four i32, or four bools as masks of 32 bits. Where a body has an f64 anywhere, two stand in
 * a register, and of the others two in the first lanes.
 */
export type LaneType = Exclude<DType, 'f16'>

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

/** Masks of two lanes as those of the first two of four. */
const compared =
  (instruction: (...args: V128[]) => V128): Emit =>
  (f, ...args) => {
    const mask = f.let(instruction(...args))
    return i32x4.shuffle(mask, mask, 0, 2, 0, 2)
  }

/** The other way round. */
const widened = (mask: V128): V128 => i32x4.shuffle(mask, mask, 0, 0, 1, 1)

const wideSign: Emit = (f, x) =>
  v128.bitselect(v128.or(v128.and(x, double(f, -0)), double(f, 1)), x, f64x2.gt(f64x2.abs(x), double(f, 0)))

/** The instructions of scalar functions, by the dtype of their first argument. What is missing runs as a loop. */
const instructions: Readonly<Partial<Record<Exclude<ScalarOp, 'cast' | 'where'>, Forms>>> = {
  neg: { f32: of(f32x4.neg), f64: of(f64x2.neg), i32: of(i32x4.neg) },
  abs: { f32: of(f32x4.abs), f64: of(f64x2.abs), i32: of(i32x4.abs) },
  sign: { f32: sign, f64: wideSign, i32: (f, x) => i32x4.max(i32x4.min(x, integer(f, 1)), integer(f, -1)) },
  floor: { f32: of(f32x4.floor), f64: of(f64x2.floor) },
  round: { f32: of(f32x4.nearest), f64: of(f64x2.nearest) },
  exp: { f32: exp },
  expm1: { f32: expm1 },
  log: { f32: log },
  log1p: { f32: log1p },
  sqrt: { f32: of(f32x4.sqrt), f64: of(f64x2.sqrt) },
  sin: { f32: sin },
  cos: { f32: cos },
  tan: { f32: tan },
  asin: { f32: asin },
  acos: { f32: acos },
  atan: { f32: atan },
  sinh: { f32: sinh },
  cosh: { f32: cosh },
  tanh: { f32: tanh },
  asinh: { f32: asinh },
  acosh: { f32: acosh },
  atanh: { f32: atanh },
  sigmoid: { f32: sigmoid },
  softplus: { f32: softplus },
  erf: { f32: erf },
  erfc: { f32: erfc },
  erfInv: { f32: erfInv },
  not: { bool: of(v128.not) },
  isFinite: {
    f32: (f, x) => f32x4.lt(f32x4.abs(x), float(f, Number.POSITIVE_INFINITY)),
    f64: compared((x) => f64x2.lt(f64x2.abs(x as V128), f64x2.const(Number.POSITIVE_INFINITY))),
  },
  add: { f32: of(f32x4.add), f64: of(f64x2.add), i32: of(i32x4.add) },
  sub: { f32: of(f32x4.sub), f64: of(f64x2.sub), i32: of(i32x4.sub) },
  mul: { f32: of(f32x4.mul), f64: of(f64x2.mul), i32: of(i32x4.mul) },
  div: { f32: of(f32x4.div), f64: of(f64x2.div) },
  pow: { f32: pow },
  atan2: { f32: atan2 },
  hypot: { f32: hypot },
  maximum: { f32: of(f32x4.max), f64: of(f64x2.max), i32: of(i32x4.max) },
  minimum: { f32: of(f32x4.min), f64: of(f64x2.min), i32: of(i32x4.min) },
  equal: { f32: of(f32x4.eq), f64: compared(f64x2.eq), i32: of(i32x4.eq), bool: of(i32x4.eq) },
  notEqual: { f32: of(f32x4.ne), f64: compared(f64x2.ne), i32: of(i32x4.ne), bool: of(i32x4.ne) },
  less: { f32: of(f32x4.lt), f64: compared(f64x2.lt), i32: of(i32x4.lt) },
  lessEqual: { f32: of(f32x4.le), f64: compared(f64x2.le), i32: of(i32x4.le) },
  and: { bool: of(v128.and) },
  or: { bool: of(v128.or) },
}

const one = i32x4.const(1)
const zero = i32x4.const(0)
const isNotZero = notOf((x) => i32x4.eq(x as V128, zero))

const same = of((x) => x as V128)

const casts: Readonly<Record<LaneType, Readonly<Record<LaneType, Emit>>>> = {
  f64: {
    f64: same,
    f32: of(f32x4.demote),
    i32: of(i32x4.truncSatWide),
    bool: compared((x) => f64x2.ne(x as V128, f64x2.const(0))),
  },
  f32: {
    f64: of(f64x2.promoteLow),
    f32: same,
    i32: of(i32x4.truncSat),
    bool: of((x) => f32x4.ne(x as V128, f32x4.const(0))),
  },
  i32: { f64: of(f64x2.convertLow), f32: of(f32x4.convert), i32: same, bool: isNotZero },
  bool: {
    f64: (f, mask) => v128.and(widened(mask), double(f, 1)),
    f32: of((x) => v128.and(x as V128, f32x4.const(1))),
    i32: of((x) => v128.and(x as V128, one)),
    bool: same,
  },
}

const choose = of((mask, a, b) => v128.bitselect(a as V128, b as V128, mask as V128))
const chooseWide = of((mask, a, b) => v128.bitselect(a as V128, b as V128, widened(mask as V128)))

export function isLaneType(dtype: DType): dtype is LaneType {
  return dtype !== 'f16'
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
          ? dtype === 'f64'
            ? chooseWide
            : choose
          : instructions[op]?.[from]
    if (!emit) return null
    emits.push(emit)
  }
  return dtypes.every(isLaneType) ? emits : null
}

/** What a body whose inputs and scalars stand in the given registers yields, and what it stores by the way. */
export function emitBody(
  f: FunctionBuilder,
  { steps, stored = [] }: MapBody,
  emits: readonly Emit[],
  registers: readonly Local<'v128'>[],
): { readonly result: Local<'v128'>; readonly stored: readonly Local<'v128'>[] } {
  const all = [...registers]
  steps.forEach(({ args }, i) => {
    const emit = emits[i] as Emit
    all.push(f.let(emit(f, ...args.map((at) => all[at] as Local<'v128'>))))
  })
  return {
    result: all.at(-1) as Local<'v128'>,
    stored: stored.map((at) => all[registers.length + at] as Local<'v128'>),
  }
}

/** How many of a vector's lanes count: all of them, the first two of four, or the first. */
export type Lanes = 4 | 2 | 1

/** How many elements of a body stand in a register. */
export function lanesOf({ inputs, scalars, steps }: MapBody): 4 | 2 {
  return [...inputs, ...steps].some(({ dtype }) => dtype === 'f64') || scalars.includes('f64') ? 2 : 4
}

/** Reads elements that lie `stride` apart, from the address that `pointer` holds on. */
export function loadLanes(pointer: I32, dtype: LaneType, stride: number, lanes: Lanes, offset = 0): V128 {
  if (offset < 0) return loadLanes(moved(pointer, offset), dtype, stride, lanes)
  if (dtype === 'bool') return isNotZeroByte(loadBytes(pointer, stride, lanes, offset))
  const bytes = elementBytes[dtype]
  const [splat, first, next] =
    bytes === 8
      ? [v128.load64Splat, v128.load64Zero, v128.load64Lane]
      : [v128.load32Splat, v128.load32Zero, v128.load32Lane]
  if (stride === 0) return splat(pointer, offset)
  if (lanes === 1) return first(pointer, offset)
  if (stride === 1) return lanes * bytes === 16 ? v128.load(pointer, offset) : v128.load64Zero(pointer, offset)
  const at = (lane: number): V128 =>
    lane === 0
      ? first(moved(pointer, offset))
      : next(moved(pointer, offset + bytes * stride * lane), at(lane - 1), lane)
  return at(lanes - 1)
}

function loadBytes(pointer: I32, stride: number, lanes: Lanes, offset: number): V128 {
  if (stride === 0 || lanes === 1) return v128.load8Splat(pointer, offset)
  if (stride === 1 && lanes === 4) return v128.load32Zero(pointer, offset)
  const at = (lane: number): V128 =>
    lane < 0 ? zero : v128.load8Lane(moved(pointer, offset + stride * lane), at(lane - 1), lane)
  return at(lanes - 1)
}

const isNotZeroByte = (bytes: V128): V128 => v128.not(i32x4.eq(i32x4.extendLow8(bytes), zero))

/** Offsets of instructions are never negative, so a distance that may be is added. */
export function moved(pointer: I32, by: number): I32 {
  return by === 0 ? pointer : i32.add(pointer, i32.const(by))
}

/** Stores elements `stride` apart, from `offset` bytes behind the pointer on. */
export function storeLanes(
  f: FunctionBuilder,
  pointer: Local<'i32'>,
  value: Local<'v128'>,
  dtype: LaneType,
  stride: number,
  lanes: Lanes,
  offset = 0,
): void {
  const isBool = dtype === 'bool'
  const bytes = elementBytes[dtype]
  const stored = isBool ? f.let(v128.and(value, one)) : value
  if (stride === 1 && lanes * bytes === 16) f.run(v128.store(pointer, stored, offset))
  else if (stride === 1 && lanes * bytes === 8) f.run(v128.store64Lane(pointer, stored, 0, offset))
  else if (stride === 1 && lanes === 4) f.run(v128.store32Lane(pointer, i32x4.narrowTo8(stored), 0, offset))
  else
    for (let lane = 0; lane < lanes; lane++) {
      const at = moved(pointer, offset + stride * lane * bytes)
      if (isBool) f.run(v128.store8Lane(at, stored, 4 * lane))
      else f.run((bytes === 8 ? v128.store64Lane : v128.store32Lane)(at, stored, lane))
    }
}
