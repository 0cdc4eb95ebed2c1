import { type ReduceKernel, sizeOf } from '@wengert/core'
import type { FunctionBuilder } from './assembler.ts'
import { type Axis, nest, type Pointer, sharedAxes, step } from './axes.ts'
import { emitBody, emitters, type Lanes, type LaneType, lanesOf, loadLanes, moved, storeLanes } from './body.ts'
import { columnsRoom, reduceColumns } from './columns.ts'
import { i32 } from './instructions.ts'
import { elementBytes } from './linear.ts'
import { bodyFunction, pointersOf, rowMajor, storedTypes } from './map.ts'
import { type Summand, sumsOf, type Totals } from './totals.ts'

/** Elements from which on it matters in which order memory is read. */
const manyElements = 2 ** 16

/**
 * `run(out, …stored, …inputs, …scalars, room)`: a reduction of numbers, with the address of `room` bytes for itself. Along a reduced axis the elements of one output go through the lanes;
 * along a kept one each lane has an output of its own. Null where a step has no instructions or a dtype no lanes.
 */
export function reduceFunction(kernel: ReduceKernel): FunctionBuilder | null {
  const { inputs, dtype, op, steps } = kernel
  const emits = emitters(kernel)
  if (!emits || dtype === 'bool' || dtype === 'f16') return null
  const { vector, along, kept, inner, byRows } = walkOf(kernel)
  const sums = sumsOf(op, dtype, vector)
  const { f, out, stored, pointers, splats, room } = bodyFunction(kernel)
  const stores = storedTypes(kernel)
  const first = 1 + stores.length
  const moving = pointersOf([out, ...stored, ...pointers], [dtype, ...stores, ...inputs.map((input) => input.dtype)])

  // Where f32 are added up as they are, they are widened as they are read.
  const isPlain = op === 'sum' && dtype === 'f32' && moving.length === 2 && steps.length === 0 && along.strides[1] === 1

  /** Computes a vector that lies so many elements ahead on an axis, and stores what is stored by the way. */
  const body = (lanes: Lanes, ahead: number, axis = along): Summand => {
    const offset = (k: number): number => (axis.strides[k] as number) * (moving[k] as Pointer).bytes * ahead
    if (isPlain && lanes === 4) return moved((moving[1] as Pointer).at, offset(1))
    const read = inputs.map(({ dtype: of }, k) => {
      const { at } = moving[first + k] as Pointer
      const stride = along.strides[first + k] as number
      return f.let(loadLanes(at, of as LaneType, stride, lanes, offset(first + k)))
    })
    const values = emitBody(f, kernel, emits, [...read, ...splats])
    values.stored.forEach((value, k) => {
      const { at } = moving[1 + k] as Pointer
      storeLanes(f, at, value, stores[k] as LaneType, along.strides[1 + k] as number, lanes, offset(1 + k))
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
        const rows = inner.at(-1) as Axis
        const take = (totals: Totals, row: number, lanes: Lanes): void =>
          sums.take(f, totals, body(lanes, row, rows), vector)
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
