import { type ReduceKernel, type Reduction, sizeOf } from '@wengert/core'
import type { FunctionBuilder, Local, V128 } from './assembler.ts'
import { type Axis, nest, type Pointer, sharedAxes, step } from './axes.ts'
import { emitBody, emitters, type Lanes, type LaneType, lanesOf, loadLanes, storeLanes } from './body.ts'
import { columnsRoom, reduceColumns } from './columns.ts'
import { f32, f32x4, f64, f64x2, i32, i32x4, v128 } from './instructions.ts'
import { elementBytes } from './linear.ts'
import { bodyFunction, pointersOf, rowMajor, storedTypes } from './map.ts'
import { narrow } from './math.ts'

/** Totals of the elements of one register: sums of f32 are kept in f64, in two vectors, the others in their dtype. */
export type Totals = readonly Local<'v128'>[]

/** Elements from which on it matters in which order memory is read. */
const manyElements = 2 ** 18

/**
 * `run(out, …stored, …inputs, …scalars, room)`: a reduction of numbers, with the address of `room` bytes for itself. Along a reduced axis the elements of one output go through the lanes;
 * along a kept one each lane has an output of its own. Null where a step has no instructions or a dtype no lanes.
 */
export function reduceFunction(kernel: ReduceKernel): FunctionBuilder | null {
  const { inputs, dtype, op } = kernel
  const emits = emitters(kernel)
  if (!emits || dtype === 'bool' || dtype === 'f16') return null
  const { vector, along, kept, inner, byRows } = walkOf(kernel)
  const sums = sumsOf(op, dtype, vector)
  const { f, out, stored, pointers, splats, room } = bodyFunction(kernel)
  const stores = storedTypes(kernel)
  const first = 1 + stores.length
  const moving = pointersOf([out, ...stored, ...pointers], [dtype, ...stores, ...inputs.map((input) => input.dtype)])

  const body = (lanes: Lanes, offset: number): Local<'v128'> => {
    const read = inputs.map(({ dtype: of }, k) => {
      const stride = along.strides[first + k] as number
      const { at, bytes } = moving[first + k] as Pointer
      return f.let(loadLanes(at, of as LaneType, stride, lanes, stride * bytes * offset))
    })
    const values = emitBody(f, kernel, emits, [...read, ...splats])
    values.stored.forEach((value, k) => {
      const { at, bytes } = moving[1 + k] as Pointer
      const stride = along.strides[1 + k] as number
      storeLanes(f, at, value, stores[k] as LaneType, stride, lanes, stride * bytes * offset)
    })
    return values.result
  }

  nest(f, kept, moving, () => {
    if (isReduced(along)) {
      // Several groups of totals take turns; a chain of single ones would wait for itself.
      const groups = Math.min((op === 'sum' ? 8 : 16) / vector, Math.max(1, Math.floor(along.size / vector)))
      const totals = Array.from({ length: groups }, () => sums.begin(f))
      nest(f, inner, moving, () => {
        const part = (width: number, lanes: Lanes, times: number): void => {
          if (times === 0) return
          f.times(i32.const(times), () => {
            for (let g = 0; g < width; g++) sums.take(f, totals[g] as Totals, body(lanes, vector * g), lanes)
            step(f, moving, along, width * lanes)
          })
        }
        const turn = vector * groups
        part(groups, vector, Math.floor(along.size / turn))
        part(1, vector, Math.floor((along.size % turn) / vector))
        part(1, 1, along.size % vector)
        step(f, moving, along, -along.size)
      })
      sums.finish(f, totals, out)
    } else {
      const apart = along.strides[0] as number
      const target: Pointer = { at: out, bytes: elementBytes[dtype] }
      const store = (totals: Totals, lanes: Lanes): void => {
        storeLanes(f, out, f.let(sums.rounded(totals)), dtype, apart, lanes)
        step(f, [target], along, lanes)
      }
      if (byRows) {
        const take = (totals: Totals, g: number, lanes: Lanes): void =>
          sums.take(f, totals, body(lanes, vector * g), vector)
        reduceColumns({ f, along, inner, moving, vector, sums, take, store, room })
        step(f, [target], along, -along.size)
        return
      }
      const part = (width: number, lanes: Lanes, times: number): void => {
        if (times === 0) return
        f.times(i32.const(times), () => {
          const totals = Array.from({ length: width }, () => sums.begin(f))
          nest(f, inner, moving, () => {
            for (let g = 0; g < width; g++) sums.take(f, totals[g] as Totals, body(lanes, vector * g), vector)
          })
          for (const total of totals) store(total, lanes)
          step(f, [target], along, -width * lanes)
          step(f, moving, along, width * lanes)
        })
      }
      const turn = 4 * vector
      part(4, vector, Math.floor(along.size / turn))
      part(1, vector, Math.floor((along.size % turn) / vector))
      part(1, 1, along.size % vector)
      step(f, moving, along, -along.size)
    }
  })
  return f
}

/** In which order a reduction goes over its elements. */
interface Walk {
  readonly vector: Lanes
  /** The axis of the vectors: that whose elements lie closest together. */
  readonly along: Axis
  readonly kept: readonly Axis[]
  readonly inner: readonly Axis[]
  readonly byRows: boolean
}

function walkOf(kernel: ReduceKernel): Walk {
  const { shape, inputs, axes: reduced } = kernel
  const vector = lanesOf(kernel)
  const written = storedTypes(kernel).map(() => rowMajor(shape))
  const axes = sharedAxes(shape, [keptStrides(shape, reduced), ...written, ...inputs.map(({ strides }) => strides)])
  const distance = ({ strides }: Axis): number => strides.slice(1).reduce((sum, stride) => sum + Math.abs(stride), 0)
  const along = axes.reduce<Axis | null>(
    (best, axis) => (best && distance(best) < distance(axis) ? best : axis),
    null,
  ) ?? { size: 1, strides: [0, ...written.map(() => 0), ...inputs.map(() => 0)] }
  const others = axes.filter((axis) => axis !== along)
  const inner = others.filter(isReduced)
  const rows = inner.at(-1)?.size ?? 0
  const byRows = !isReduced(along) && sizeOf(shape) >= manyElements && rows > 8 && along.size > 4 * vector
  return { vector, along, kept: others.filter((axis) => !isReduced(axis)), inner, byRows }
}

function isReduced({ strides }: Axis): boolean {
  return strides[0] === 0
}

/** Bytes of room that a reduction's function needs. */
export function reduceRoom(kernel: ReduceKernel): number {
  const { byRows, along, vector } = walkOf(kernel)
  return byRows ? columnsRoom(along.size, vector) : 0
}

/** For each axis how far apart the outputs lie: 0 for those that are reduced. */
function keptStrides(shape: readonly number[], reduced: readonly number[]): number[] {
  const strides = rowMajor(shape.map((size, i) => (reduced.includes(i) ? 1 : size)))
  return strides.map((stride, i) => (reduced.includes(i) ? 0 : stride))
}

/** How values become totals. */
export interface Sums {
  begin(f: FunctionBuilder): Totals
  /** Combines the elements of a register with totals, all or the first only. */
  take(f: FunctionBuilder, totals: Totals, value: Local<'v128'>, lanes: Lanes): void
  /** Totals as what they are stored. */
  rounded(totals: Totals): V128
  /** Stores the total of all elements of all totals. */
  finish(f: FunctionBuilder, totals: readonly Totals[], out: Local<'i32'>): void
}

/** The totals of registers that hold as many elements as there are lanes. */
function sumsOf(op: Reduction, dtype: 'i32' | 'f32' | 'f64', lanes: Lanes): Sums {
  const numbers = { i32: i32x4, f32: f32x4, f64: f64x2 }[dtype]
  const bytes = elementBytes[dtype]
  if (op === 'sum')
    return dtype === 'f32' ? wideSums(lanes) : lanewise(numbers.add, numbers.const(0), 'zero', bytes, lanes)
  const end = dtype === 'i32' ? 2147483647 : Number.POSITIVE_INFINITY
  // The least i32 is one further from 0 than the greatest.
  const least = dtype === 'i32' ? -end - 1 : -end
  return lanewise(numbers[op], numbers.const(op === 'max' ? least : end), 'repeat', bytes, lanes)
}

/** Sums of f32 in f64. */
function wideSums(lanes: Lanes): Sums {
  const zero = f64x2.const(0)
  return {
    begin: (f) => (lanes === 4 ? [f.let(zero), f.let(zero)] : [f.let(zero)]),
    take(f, [low, high], value, count) {
      if (!low) return
      const first = f64x2.promoteLow(value)
      f.set(low, f64x2.add(low, count === 1 ? v128.and(first, i32x4.of(-1, -1, 0, 0)) : first))
      if (high && count > 1) f.set(high, f64x2.add(high, f64x2.promoteHigh(value)))
    },
    rounded: ([low, high]) => (high ? narrow([low as Local<'v128'>, high]) : f32x4.demote(low as V128)),
    finish(f, totals, out) {
      const total = f.let(totals.flat().reduce<V128 | null>((a, b) => (a ? f64x2.add(a, b) : b), null) as V128)
      f.run(f32.store(out, f64.toF32(f64.add(f64x2.lane(total, 0), f64x2.lane(total, 1)))))
    },
  }
}

/** Totals of the dtype itself, lane by lane. Where one lane counts, the others are 0, or repeat it. */
function lanewise(
  combine: (a: V128, b: V128) => V128,
  start: V128,
  others: 'zero' | 'repeat',
  bytes: number,
  lanes: Lanes,
): Sums {
  const first = (value: Local<'v128'>): V128 => {
    const high = bytes === 8 ? 1 : 0
    if (others === 'zero') return v128.and(value, i32x4.of(-1, -high, 0, 0))
    return i32x4.shuffle(value, value, 0, high, 0, high)
  }
  return {
    begin: (f) => [f.let(start)],
    take: (f, [total], value, count) => {
      if (total) f.set(total, combine(total, count === 1 ? first(value) : value))
    },
    rounded: ([total]) => total as V128,
    finish(f, totals, out) {
      const all = totals.flat().reduce<V128 | null>((a, b) => (a ? combine(a, b) : b), null) as V128
      const total = f.let(all)
      if (lanes * bytes === 16) f.set(total, combine(total, i32x4.shuffle(total, total, 2, 3, 0, 1)))
      if (bytes === 4) f.set(total, combine(total, i32x4.shuffle(total, total, 1, 0, 3, 2)))
      f.run((bytes === 8 ? v128.store64Lane : v128.store32Lane)(out, total, 0))
    },
  }
}
