import type { DType } from '@wengert/core'

/** A function of a dtype that computes once for each: scalars that all leaves of a dtype share. */
export function byDType<T>(make: (dtype: DType) => T): (dtype: DType) => T {
  const made = new Map<DType, T>()
  return (dtype) => {
    const known = made.get(dtype)
    if (known !== undefined) return known
    const value = make(dtype)
    made.set(dtype, value)
    return value
  }
}
