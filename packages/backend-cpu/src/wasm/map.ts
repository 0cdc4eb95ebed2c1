import type { MapKernel } from '@wengert/core'
import { FunctionBuilder, type Local, type ValueType } from './assembler.ts'
import { type Axis, nest, type Pointer, sharedAxes, step } from './axes.ts'
import { emitBody, emitters, isLaneType, type Lanes, type LaneType, loadLanes, storeLanes } from './body.ts'
import { f32x4, i32, i32x4 } from './instructions.ts'

/**
 * `run(out, …inputs, …scalars)`: the body of a map for all elements, four at a time along the last axis and one at a time
 * where fewer are left; `outStrides` says how far apart they are written. Null where a step has no instructions or a dtype no lanes.
 */
export function mapFunction(
  kernel: MapKernel,
  outStrides: readonly number[] = rowMajor(kernel.shape),
): FunctionBuilder | null {
  const { shape, inputs, scalars, dtype } = kernel
  const emits = emitters(kernel)
  if (!emits || !isLaneType(dtype)) return null
  const { f, out, pointers, splats } = bodyFunction(inputs.length, scalars as readonly LaneType[])
  const axes = sharedAxes(shape, [outStrides, ...inputs.map(({ strides }) => strides)])
  const last: Axis = axes.pop() ?? { size: 1, strides: [1, ...inputs.map(() => 0)] }
  const moving: Pointer[] = [out, ...pointers].map((at, k) => ({
    at,
    bytes: (k === 0 ? dtype : inputs[k - 1]?.dtype) === 'bool' ? 1 : 4,
  }))
  nest(f, axes, moving, () => {
    // What a row repeats is read once.
    const repeated = inputs.map(({ dtype: of }, k) =>
      last.strides[k + 1] === 0 ? f.let(loadLanes(pointers[k] as Local<'i32'>, of as LaneType, 0, 1)) : null,
    )
    const part = (lanes: Lanes, times: number): void => {
      if (times === 0) return
      f.times(i32.const(times), () => {
        const read = inputs.map(
          ({ dtype: of }, k) =>
            repeated[k] ??
            f.let(loadLanes(pointers[k] as Local<'i32'>, of as LaneType, last.strides[k + 1] as number, lanes)),
        )
        const value = emitBody(f, kernel, emits, [...read, ...splats])
        storeLanes(f, out, value, dtype, last.strides[0] as number, lanes)
        step(f, moving, last, lanes)
      })
    }
    part(4, Math.floor(last.size / 4))
    part(1, last.size % 4)
    step(f, moving, last, -last.size)
  })
  return f
}

/** A function of the addresses of its output and its inputs, and of scalars, which stand in all lanes of a register. */
export function bodyFunction(
  inputs: number,
  scalars: readonly LaneType[],
): {
  readonly f: FunctionBuilder
  readonly out: Local<'i32'>
  readonly pointers: readonly Local<'i32'>[]
  readonly splats: readonly Local<'v128'>[]
} {
  const addresses = Array.from({ length: inputs + 1 }, (): ValueType => 'i32')
  const f = new FunctionBuilder('run', [
    ...addresses,
    ...scalars.map((of): ValueType => (of === 'f32' ? 'f32' : 'i32')),
  ])
  const [out, ...rest] = f.params as readonly [Local<'i32'>, ...Local<'i32'>[]]
  const splats = scalars.map((of, i) => {
    const param = rest[inputs + i] as Local<'i32'> | Local<'f32'>
    if (param.type === 'f32') return f.let(f32x4.splat(param))
    // A bool fills its lane.
    return f.let(of === 'bool' ? i32x4.neg(i32x4.splat(param)) : i32x4.splat(param))
  })
  return { f, out, pointers: rest.slice(0, inputs), splats }
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
