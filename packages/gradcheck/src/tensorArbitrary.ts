import { type DType, type Shape, sizeOf, type Tensor, tensor } from '@wengert/core'
import fc from 'fast-check'

export interface TensorsOptions {
  /** @default -3 */
  readonly min?: number
  /** @default 3 */
  readonly max?: number
  /** Values that elements keep a distance of 1/64 from: the kinks of what is to be differentiated. */
  readonly avoid?: readonly number[]
  /** No two elements closer than 1/64, for functions that compare them. @default false */
  readonly distinct?: boolean
  /** @default 'f64' */
  readonly dtype?: DType
}

/** Steps in which generated numbers lie: dyadic, so that they print short and shrink in few steps. */
const grid = 1 / 1024

/** Tensors of a shape with elements from min to max; elements shrink toward 0. */
export function tensors(
  shape: Shape,
  { min = -3, max = 3, avoid = [], distinct = false, dtype = 'f64' }: TensorsOptions = {},
): fc.Arbitrary<Tensor> {
  const size = sizeOf(shape)
  const unit = distinct ? 1 / 64 : grid
  const steps = fc.integer({ min: Math.ceil(min / unit), max: Math.floor(max / unit) })
  const free = steps.filter((k) => avoid.every((kink) => Math.abs(k * unit - kink) >= 1 / 64))
  const length = { minLength: size, maxLength: size }
  const lists = distinct ? fc.uniqueArray(free, length) : fc.array(free, length)
  return lists.map((list) =>
    tensor(
      Float64Array.from(list, (k) => k * unit),
      { shape, dtype },
    ),
  )
}

/** Numbers at which saturating functions overflow, cancel or tie, in f32 and f64. */
export const saturation: readonly number[] = [0, 1, -1, 88, -88, 89, -89, 710, -710, 1e4, -1e4]

/** Logits: mostly moderate, with saturated values, zeros and equal elements among them. */
export function logits(shape: Shape, { dtype = 'f64' }: { readonly dtype?: DType } = {}): fc.Arbitrary<Tensor> {
  const size = sizeOf(shape)
  const element = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -8 / grid, max: 8 / grid }).map((k) => k * grid) },
    { weight: 1, arbitrary: fc.constantFrom(...saturation) },
  )
  return fc
    .array(element, { minLength: size, maxLength: size })
    .map((list) => tensor(Float64Array.from(list), { shape, dtype }))
}
