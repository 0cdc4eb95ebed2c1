import { roundToF16 } from './half.ts'

/**
 * Element type of a tensor. `f32` is the default; `f64` exists on the CPU backend only, `f16` on the WebGPU backend where the device
 * has `shader-f16`.
 */
export type DType = 'bool' | 'i32' | 'f16' | 'f32' | 'f64'

/** Host array of a dtype: bool is stored as 0 and 1 in a Uint8Array, f16 as rounded numbers in a Float32Array. */
export type TypedArray = Uint8Array | Int32Array | Float32Array | Float64Array

/** From the narrowest to the widest: two dtypes promote to the one that stands later. */
export const dtypes: readonly DType[] = ['bool', 'i32', 'f16', 'f32', 'f64']

/** Position of a dtype in `dtypes`; the integer that stands for it in a plan's key. */
export const dtypeRank: Readonly<Record<DType, number>> = { bool: 0, i32: 1, f16: 2, f32: 3, f64: 4 }

const arrays = { bool: Uint8Array, i32: Int32Array, f16: Float32Array, f32: Float32Array, f64: Float64Array } as const

/** The dtype that both become when they meet: bool < i32 < f16 < f32 < f64. */
export function promote(a: DType, b: DType): DType {
  return dtypeRank[a] >= dtypeRank[b] ? a : b
}

/** True for f16, f32 and f64, the dtypes that have gradients. */
export function isFloat(dtype: DType): boolean {
  return dtypeRank[dtype] >= dtypeRank.f16
}

/** A zero-filled host array of `size` elements. */
export function hostArray(dtype: DType, size: number): TypedArray {
  return new arrays[dtype](size)
}

/** Copies numbers into a host array of a dtype; bool takes any non-zero as 1, f16 the nearest number it has. */
export function toHostArray(dtype: DType, data: ArrayLike<number>): TypedArray {
  if (dtype === 'bool') return Uint8Array.from(data, (v) => (v ? 1 : 0))
  return dtype === 'f16' ? Float32Array.from(data, roundToF16) : new arrays[dtype](data)
}

/** Bytes of one element. */
export const elementBytes: Readonly<Record<DType, number>> = { bool: 1, i32: 4, f16: 2, f32: 4, f64: 8 }
