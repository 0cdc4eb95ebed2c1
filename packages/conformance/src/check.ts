import type { DType, TypedArray } from '@wengert/core'

/** Throws where an element is further from the wanted one than its dtype allows: in f32 by `tolerance`, relative to the larger of 1 and the figure. */
export function checkClose(
  what: string,
  actual: TypedArray,
  wanted: TypedArray,
  dtype: DType,
  tolerance: number,
): void {
  check(what, 'have as many elements as on cpu', actual.length, wanted.length)
  const accepted = { bool: 0, i32: 0, f16: 2 ** -8, f32: tolerance, f64: 1e-12 }[dtype]
  wanted.forEach((b, i) => {
    const a = actual[i] as number
    if (Object.is(a, b) || a === b || Math.abs(a - b) <= accepted * Math.max(1, Math.abs(b))) return
    check(what, `be ${b} within ${accepted} at element ${i}`, a, b)
  })
}

/** Throws unless the two are the same. */
export function check(what: string, expectation: string, actual: unknown, wanted: unknown): void {
  if (!Object.is(actual, wanted))
    throw new Error(`${what}: the backend must ${expectation}, got ${actual} for ${wanted}.`)
}
