import { BackendError, type DType, type TypedArray } from '@wengert/core'

// Plans are refused before an f16 comes here.
const kinds = { bool: Uint8Array, i32: Int32Array, f16: Float32Array, f32: Float32Array, f64: Float64Array } as const

/** Zeros of a dtype, or what a buffer holds from a byte on. */
export function array(dtype: DType, size: number, buffer?: ArrayBufferLike, at?: number): TypedArray {
  if (buffer) return new kinds[dtype](buffer as ArrayBuffer, at as number, size)
  try {
    return new kinds[dtype](size)
  } catch {
    throw new BackendError(
      `backend-cpu: ${size} elements of ${dtype} must fit into memory, got none. Compute in smaller parts.`,
    )
  }
}
