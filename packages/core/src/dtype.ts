/** Element type of a tensor. `f32` is the default; `f64` exists on the CPU backend only. */
export type DType = 'bool' | 'i32' | 'f32' | 'f64'

/** Host array of a dtype: bool is stored as 0 and 1 in a Uint8Array. */
export type TypedArray = Uint8Array | Int32Array | Float32Array | Float64Array

/** From the narrowest to the widest: two dtypes promote to the one that stands later. */
export const dtypes: readonly DType[] = ['bool', 'i32', 'f32', 'f64']

/** Position of a dtype in `dtypes`; the integer that stands for it in a plan's key. */
export const dtypeRank: Readonly<Record<DType, number>> = { bool: 0, i32: 1, f32: 2, f64: 3 }

const arrays = { bool: Uint8Array, i32: Int32Array, f32: Float32Array, f64: Float64Array } as const

/** The dtype that holds values of both: bool < i32 < f32 < f64. */
export function promote(a: DType, b: DType): DType {
  return dtypeRank[a] >= dtypeRank[b] ? a : b
}

/** True for f32 and f64, the dtypes that have gradients. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'f32' || dtype === 'f64'
}

/** A zero-filled host array of `size` elements. */
export function hostArray(dtype: DType, size: number): TypedArray {
  return new arrays[dtype](size)
}

/** Copies numbers into a host array of a dtype; bool takes any non-zero as 1. */
export function toHostArray(dtype: DType, data: ArrayLike<number>): TypedArray {
  if (dtype === 'bool') return Uint8Array.from(data, (v) => (v ? 1 : 0))
  return new arrays[dtype](data)
}
