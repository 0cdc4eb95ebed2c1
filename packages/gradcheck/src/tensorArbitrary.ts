import { type DType, type Shape, sizeOf, type Tensor, tensor } from '@wengert/core'
import fc from 'fast-check'
import { type DyadicsOptions, dyadics, shortening } from './dyadicArbitrary.ts'

export interface TensorsOptions extends Pick<DyadicsOptions, 'min' | 'max' | 'avoid'> {
  /** No two elements closer than 1/64, for functions that compare them. @default false */
  readonly distinct?: boolean
  /** @default 'f64' */
  readonly dtype?: DType
}

/** Tensors of a shape with elements from min to max, which print short and shrink to short numbers near 0. */
export function tensors(
  shape: Shape,
  { distinct = false, dtype = 'f64', ...range }: TensorsOptions = {},
): fc.Arbitrary<Tensor> {
  const size = sizeOf(shape)
  const length = { minLength: size, maxLength: size }
  const lists = distinct
    ? fc.uniqueArray(dyadics({ ...range, step: 1 / 64 }), length)
    : fc.array(dyadics(range), length)
  return lists.map((list) => tensor(Float64Array.from(list), { shape, dtype }))
}

/** Numbers at which saturating functions overflow, cancel or tie, in f32 and f64. */
export const saturation: readonly number[] = [0, 1, -1, 88, -88, 89, -89, 710, -710, 1e4, -1e4]

/** Subnormal numbers of f64 and of f32: next to 0, where quotients overflow and products vanish. */
const subnormals: readonly number[] = [0, 2 ** -149, -(2 ** -149), 2 ** -130, 2 ** -1074, -(2 ** -1074), 2 ** -1030]

export interface LogitsOptions {
  /** @default 'f64' */
  readonly dtype?: DType
  /** Some elements −∞, as classes that are ruled out, but never a whole row. @default false */
  readonly masked?: boolean
}

/**
 * Logits: mostly moderate, and among them what losses fail at. A row, along the last axis, may be
 *
 * - saturated: ±1, ±88 and ±89 (where e^x overflows in f32), ±710 (in f64) and ±10⁴ among moderate ones
 * - tied: few values, each several times; or one value throughout, 0 in particular
 * - one-hot: 0 but for one large element
 * - subnormal: next to 0
 * - masked: −∞ here and there, if told to
 *
 * and all rows may be equal. They shrink to moderate rows of short numbers, ties to ties.
 */
export function logits(shape: Shape, { dtype = 'f64', masked = false }: LogitsOptions = {}): fc.Arbitrary<Tensor> {
  const width = shape.at(-1) ?? 1
  const height = width === 0 ? 0 : sizeOf(shape) / width
  const row = width === 0 ? fc.constant([]) : rowsOf(width, masked)
  const length = { minLength: height, maxLength: height }
  return fc
    .oneof(
      { withCrossShrink: true },
      { weight: 7, arbitrary: fc.array(row, length) },
      { weight: 1, arbitrary: row.map((list) => new Array<readonly number[]>(height).fill(list)) },
    )
    .map((rows) => tensor(Float64Array.from(rows.flat()), { shape, dtype }))
}

const moderate = dyadics({ min: -8, max: 8 })
const anywhere = shortening(fc.constantFrom(...saturation), (x) => Math.abs(x) <= 1e4)
const either = fc.oneof({ weight: 1, arbitrary: moderate }, { weight: 2, arbitrary: anywhere })

function rowsOf(width: number, masked: boolean): fc.Arbitrary<readonly number[]> {
  const length = { minLength: width, maxLength: width }
  const list = (element: fc.Arbitrary<number>): fc.Arbitrary<number[]> => fc.array(element, length)
  const at = fc.nat({ max: width - 1 })
  const saturated = list(fc.oneof({ weight: 3, arbitrary: moderate }, { weight: 1, arbitrary: anywhere }))
  const tied = fc
    .tuple(either, either, list(fc.nat({ max: 1 })))
    .map(([a, b, picks]) => picks.map((pick) => (pick ? b : a)))
  const constant = fc.oneof(fc.constant(0), either).map((value) => new Array<number>(width).fill(value))
  const oneHot = fc
    .tuple(
      at,
      shortening(fc.constantFrom(1, 89, 710, 1e4), (x) => x >= 1 && x <= 1e4),
    )
    .map(([hot, value]) => Array.from({ length: width }, (_, i) => (i === hot ? value : 0)))
  const subnormal = list(shortening(fc.constantFrom(...subnormals), (x) => Math.abs(x) <= 1))
  const ruledOut = fc
    .tuple(saturated, list(fc.nat({ max: 1 })), at)
    .map(([values, mask, kept]) => values.map((v, i) => (mask[i] && i !== kept ? Number.NEGATIVE_INFINITY : v)))
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 6, arbitrary: list(moderate) },
    { weight: 4, arbitrary: saturated },
    { weight: 1, arbitrary: tied },
    { weight: 1, arbitrary: constant },
    { weight: 1, arbitrary: oneHot },
    { weight: 1, arbitrary: subnormal },
    ...(masked ? [{ weight: 4, arbitrary: ruledOut }] : []),
  )
}
