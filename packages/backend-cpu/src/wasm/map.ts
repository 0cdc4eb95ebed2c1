import type { DType, MapBody, MapKernel } from '@wengert/core'
import { FunctionBuilder, type Local, type ValueType } from './assembler.ts'
import { type Axis, nest, type Pointer, sharedAxes, step } from './axes.ts'
import { emitBody, emitters, isLaneType, type Lanes, type LaneType, lanesOf, loadLanes, storeLanes } from './body.ts'
import { i32 } from './instructions.ts'
import { elementBytes } from './linear.ts'
import { f32x4, f64x2, i32x4 } from './vectors.ts'

/**
 * `run(out, …stored, …inputs, …scalars)`: the body of a map for all elements, four at a time, or two with f64, along the last axis
 * and one at a time where fewer are left; `outStrides` says how far apart they are written. Null where a step has no instructions or a
 * dtype no lanes.
 */
export function mapFunction(
  kernel: MapKernel,
  outStrides: readonly number[] = rowMajor(kernel.shape),
): FunctionBuilder | null {
  const { shape, inputs, dtype } = kernel
  const emits = emitters(kernel)
  if (!emits || !isLaneType(dtype)) return null
  const { f, out, stored, pointers, splats } = bodyFunction(kernel)
  const stores = storedTypes(kernel)
  const written = stores.map(() => rowMajor(shape))
  const axes = sharedAxes(shape, [outStrides, ...written, ...inputs.map(({ strides }) => strides)])
  const last: Axis = axes.pop() ?? { size: 1, strides: [1, ...written.map(() => 1), ...inputs.map(() => 0)] }
  const moving = pointersOf([out, ...stored, ...pointers], [dtype, ...stores, ...inputs.map((input) => input.dtype)])
  const first = 1 + stores.length
  nest(f, axes, moving, () => {
    // What a row repeats is read once.
    const repeated = inputs.map(({ dtype: of }, k) =>
      last.strides[first + k] === 0 ? f.let(loadLanes(pointers[k] as Local<'i32'>, of as LaneType, 0, 1)) : null,
    )
    const part = (lanes: Lanes, times: number): void => {
      if (times === 0) return
      f.times(i32.const(times), () => {
        const read = inputs.map(
          ({ dtype: of }, k) =>
            repeated[k] ??
            f.let(loadLanes(pointers[k] as Local<'i32'>, of as LaneType, last.strides[first + k] as number, lanes)),
        )
        const values = emitBody(f, kernel, emits, [...read, ...splats])
        storeLanes(f, out, values.result, dtype, last.strides[0] as number, lanes)
        values.stored.forEach((value, k) => {
          storeLanes(f, stored[k] as Local<'i32'>, value, stores[k] as LaneType, last.strides[1 + k] as number, lanes)
        })
        step(f, moving, last, lanes)
      })
    }
    const width = lanesOf(kernel)
    part(width, Math.floor(last.size / width))
    part(1, last.size % width)
    step(f, moving, last, -last.size)
  })
  return f
}

/** A function of the addresses of its outputs and its inputs, of scalars, which stand in all lanes of a register, and of the address of its room. */
export function bodyFunction({ inputs, scalars, stored = [] }: MapBody): {
  readonly f: FunctionBuilder
  readonly out: Local<'i32'>
  readonly stored: readonly Local<'i32'>[]
  readonly pointers: readonly Local<'i32'>[]
  readonly splats: readonly Local<'v128'>[]
  readonly room: Local<'i32'>
} {
  const addresses = Array.from({ length: 1 + stored.length + inputs.length }, (): ValueType => 'i32')
  const f = new FunctionBuilder('run', [
    ...addresses,
    ...scalars.map((of): ValueType => (of === 'f32' || of === 'f64' ? of : 'i32')),
    'i32',
  ])
  const [out, ...rest] = f.params as unknown as readonly [Local<'i32'>, ...Local<'i32'>[]]
  const splats = scalars.map((of, i) => {
    const param = rest[stored.length + inputs.length + i] as Local<'i32'> | Local<'f32'> | Local<'f64'>
    if (param.type === 'f32') return f.let(f32x4.splat(param))
    if (param.type === 'f64') return f.let(f64x2.splat(param))
    // A bool fills its lane.
    return f.let(of === 'bool' ? i32x4.neg(i32x4.splat(param)) : i32x4.splat(param))
  })
  const [first, end] = [stored.length, stored.length + inputs.length]
  return {
    f,
    out,
    stored: rest.slice(0, first),
    pointers: rest.slice(first, end),
    splats,
    room: rest.at(-1) as Local<'i32'>,
  }
}

/** The dtypes of what a body stores by the way. */
export function storedTypes({ steps, stored = [] }: MapBody): readonly LaneType[] {
  return stored.map((at) => steps[at]?.dtype as LaneType)
}

export function pointersOf(addresses: readonly Local<'i32'>[], dtypes: readonly DType[]): Pointer[] {
  return addresses.map((at, k) => ({ at, bytes: elementBytes[dtypes[k] as DType] }))
}

/** Strides of a contiguous buffer of this shape. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = []
  shape.reduceRight((stride, size, i) => {
    strides[i] = stride
    return stride * size
  }, 1)
  return strides
}
