import type { ReduceKernel, Reduction } from '@wengert/core'
import type { FunctionBuilder, Local, V128 } from './assembler.ts'
import { type Axis, nest, type Pointer, sharedAxes, step } from './axes.ts'
import { emitBody, emitters, type Lanes, type LaneType, loadLanes, storeLanes } from './body.ts'
import { f32, f32x4, f64, f64x2, i32, i32x4, v128 } from './instructions.ts'
import { bodyFunction, rowMajor } from './map.ts'

/** Four totals: sums of f32 are kept in f64, in two vectors, the others in their dtype. */
type Totals = readonly Local<'v128'>[]

/**
 * `run(out, …inputs, …scalars)`: a reduction of f32 or i32. Along a reduced axis the elements of one output go through the lanes;
 * along a kept one each lane has an output of its own. Null where a step has no instructions or a dtype no lanes.
 */
export function reduceFunction(kernel: ReduceKernel): FunctionBuilder | null {
  const { shape, inputs, scalars, dtype, op, axes: reduced } = kernel
  const emits = emitters(kernel)
  if (!emits || (dtype !== 'f32' && dtype !== 'i32')) return null
  const sums = sumsOf(op, dtype)
  const { f, out, pointers, splats } = bodyFunction(inputs.length, scalars as readonly LaneType[])
  const places = keptStrides(shape, reduced)
  const axes = sharedAxes(shape, [places, ...inputs.map(({ strides }) => strides)])
  const isReduced = ({ strides }: Axis): boolean => strides[0] === 0
  const moving: Pointer[] = [out, ...pointers].map((at, k) => ({
    at,
    bytes: inputs[k - 1]?.dtype === 'bool' ? 1 : 4,
  }))
  // The vectors run along the axis whose elements lie closest together.
  const distance = ({ strides }: Axis): number => strides.slice(1).reduce((sum, stride) => sum + Math.abs(stride), 0)
  const along = axes.reduce<Axis | null>(
    (best, axis) => (best && distance(best) < distance(axis) ? best : axis),
    null,
  ) ?? {
    size: 1,
    strides: [0, ...inputs.map(() => 0)],
  }
  const others = axes.filter((axis) => axis !== along)
  const kept = others.filter((axis) => !isReduced(axis))
  const inner = others.filter(isReduced)

  const body = (lanes: Lanes, offset: number): Local<'v128'> => {
    const read = inputs.map(({ dtype: of }, k) => {
      const stride = along.strides[k + 1] as number
      const bytes = of === 'bool' ? 1 : 4
      return f.let(loadLanes(pointers[k] as Local<'i32'>, of as LaneType, stride, lanes, stride * bytes * offset))
    })
    return emitBody(f, kernel, emits, [...read, ...splats])
  }

  nest(f, kept, moving, () => {
    if (isReduced(along)) {
      const groups = Math.floor(along.size / 8) > 0 ? 2 : 1
      const totals = Array.from({ length: groups }, () => sums.begin(f))
      nest(f, inner, moving, () => {
        const part = (width: number, lanes: Lanes, times: number): void => {
          if (times === 0) return
          f.times(i32.const(times), () => {
            for (let g = 0; g < width; g++) sums.take(f, totals[g] as Totals, body(lanes, 4 * g), lanes)
            step(f, moving, along, width * lanes)
          })
        }
        part(2, 4, Math.floor(along.size / 8))
        part(1, 4, Math.floor((along.size % 8) / 4))
        part(1, 1, along.size % 4)
        step(f, moving, along, -along.size)
      })
      sums.finish(f, totals, out)
    } else {
      const apart = along.strides[0] as number
      const target: Pointer = { at: out, bytes: 4 }
      const part = (width: number, lanes: Lanes, times: number): void => {
        if (times === 0) return
        f.times(i32.const(times), () => {
          const totals = Array.from({ length: width }, () => sums.begin(f))
          nest(f, inner, moving, () => {
            for (let g = 0; g < width; g++) sums.take(f, totals[g] as Totals, body(lanes, 4 * g), 4)
          })
          for (const total of totals) {
            storeLanes(f, out, f.let(sums.rounded(total)), dtype, apart, lanes)
            step(f, [target], along, lanes)
          }
          step(f, [target], along, -width * lanes)
          step(f, moving, along, width * lanes)
        })
      }
      const wide = Math.floor(along.size / 16)
      part(4, 4, wide)
      part(1, 4, Math.floor((along.size % 16) / 4))
      part(1, 1, along.size % 4)
      step(f, moving, along, -along.size)
    }
  })
  return f
}

/** For each axis how far apart the outputs lie: 0 for those that are reduced. */
function keptStrides(shape: readonly number[], reduced: readonly number[]): number[] {
  const strides = rowMajor(shape.map((size, i) => (reduced.includes(i) ? 1 : size)))
  return strides.map((stride, i) => (reduced.includes(i) ? 0 : stride))
}

/** How values become totals. */
interface Sums {
  begin(f: FunctionBuilder): Totals
  /** Combines all lanes of a value with totals, or its first only. */
  take(f: FunctionBuilder, totals: Totals, value: Local<'v128'>, lanes: Lanes): void
  /** Four totals as what they are stored. */
  rounded(totals: Totals): V128
  /** Stores the total of all lanes of all totals. */
  finish(f: FunctionBuilder, totals: readonly Totals[], out: Local<'i32'>): void
}

function sumsOf(op: Reduction, dtype: 'f32' | 'i32'): Sums {
  if (op === 'sum') return dtype === 'f32' ? wideSums : lanewise(i32x4.add, i32x4.const(0), 'zero')
  const numbers = dtype === 'f32' ? f32x4 : i32x4
  const end = dtype === 'f32' ? Number.POSITIVE_INFINITY : 2147483647
  // The least i32 is one further from 0 than the greatest.
  const least = dtype === 'f32' ? -end : -end - 1
  return lanewise(numbers[op], numbers.const(op === 'max' ? least : end), 'repeat')
}

/** Sums of f32 in f64. */
const wideSums: Sums = {
  begin: (f) => [f.let(f64x2.const(0)), f.let(f64x2.const(0))],
  take(f, [low, high], value, lanes) {
    if (!low || !high) return
    if (lanes === 1) f.set(low, f64x2.add(low, v128.and(f64x2.promoteLow(value), i32x4.of(-1, -1, 0, 0))))
    else {
      f.set(low, f64x2.add(low, f64x2.promoteLow(value)))
      f.set(high, f64x2.add(high, f64x2.promoteLow(i32x4.shuffle(value, value, 2, 3, 2, 3))))
    }
  },
  rounded: ([low, high]) => i32x4.shuffle(f32x4.demote(low as V128), f32x4.demote(high as V128), 0, 1, 4, 5),
  finish(f, totals, out) {
    const total = f.let(totals.flat().reduce<V128 | null>((a, b) => (a ? f64x2.add(a, b) : b), null) as V128)
    f.run(f32.store(out, f64.toF32(f64.add(f64x2.lane(total, 0), f64x2.lane(total, 1)))))
  },
}

/** Totals of the dtype itself, lane by lane. Where one lane counts, the others are 0, or repeat it. */
function lanewise(combine: (a: V128, b: V128) => V128, start: V128, others: 'zero' | 'repeat'): Sums {
  const first = (value: Local<'v128'>): V128 =>
    others === 'zero' ? v128.and(value, i32x4.of(-1, 0, 0, 0)) : i32x4.shuffle(value, value, 0, 0, 0, 0)
  return {
    begin: (f) => [f.let(start)],
    take: (f, [total], value, lanes) => {
      if (total) f.set(total, combine(total, lanes === 4 ? value : first(value)))
    },
    rounded: ([total]) => total as V128,
    finish(f, totals, out) {
      const all = totals.flat().reduce<V128 | null>((a, b) => (a ? combine(a, b) : b), null) as V128
      const total = f.let(all)
      f.set(total, combine(total, i32x4.shuffle(total, total, 2, 3, 0, 1)))
      f.run(v128.store32Lane(out, combine(total, i32x4.shuffle(total, total, 1, 0, 3, 2)), 0))
    },
  }
}
