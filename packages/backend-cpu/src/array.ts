import type { DType, TypedArray } from '@wengert/core'

// Plans are refused before an f16 comes here.
const kinds = { bool: Uint8Array, i32: Int32Array, f16: Float32Array, f32: Float32Array, f64: Float64Array } as const

/** Zeros of a dtype, or what a buffer holds from a byte on. */
export function array(dtype: DType, size: number, buffer?: ArrayBufferLike, at?: number): TypedArray {
  return buffer ? new kinds[dtype](buffer as ArrayBuffer, at as number, size) : new kinds[dtype](size)
}
