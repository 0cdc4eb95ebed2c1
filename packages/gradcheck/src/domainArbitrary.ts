import { type DType, type Shape, sizeOf, type Tensor, tensor } from '@wengert/core'
import fc from 'fast-check'
import { dyadics } from './dyadicArbitrary.ts'
import { dyadicSimplex } from './simplexArbitrary.ts'

export interface DomainOptions {
  /** @default 'f64' */
  readonly dtype?: DType
}

/** Lists of numbers that print short. */
function lists(size: number, min: number, max: number): fc.Arbitrary<number[]> {
  return fc.array(dyadics({ min, max }), { minLength: size, maxLength: size })
}

/** Positive numbers from 1/64 to 4: scales, variances, rates. They shrink to 1 and other short numbers. */
export function positives(shape: Shape, { dtype = 'f64' }: DomainOptions = {}): fc.Arbitrary<Tensor> {
  return lists(sizeOf(shape), 1 / 64, 4).map((list) => tensor(Float64Array.from(list), { shape, dtype }))
}

export interface ProbabilitiesOptions extends DomainOptions {
  /** Distance kept from 0 and 1; with 0 these occur, too. @default 1/64 */
  readonly margin?: number
}

/** Numbers between 0 and 1, each by itself: a probability of success, a correlation of signs. */
export function probabilities(
  shape: Shape,
  { dtype = 'f64', margin = 1 / 64 }: ProbabilitiesOptions = {},
): fc.Arbitrary<Tensor> {
  return lists(sizeOf(shape), margin, 1 - margin).map((list) => tensor(Float64Array.from(list), { shape, dtype }))
}

/**
 * Distributions along the last axis: positive numbers, at least 1/256 of the largest, whose sum is exactly 1. They shrink to
 * halves, quarters and so on.
 */
export function simplices(shape: Shape, { dtype = 'f64' }: DomainOptions = {}): fc.Arbitrary<Tensor> {
  const width = shape.at(-1) ?? 1
  const height = width === 0 ? 0 : sizeOf(shape) / width
  return fc
    .array(dyadicSimplex(Math.max(1, width)), { minLength: height, maxLength: height })
    .map((rows) => tensor(Float64Array.from(rows.flat()), { shape, dtype }))
}

/** Vectors of length 1 along the last axis. */
export function unitVectors(shape: Shape, { dtype = 'f64' }: DomainOptions = {}): fc.Arbitrary<Tensor> {
  return lists(sizeOf(shape), -3, 3).map((list) => {
    const data = Float64Array.from(list)
    eachRow(data, shape, (row) => {
      if (row.every((x) => x === 0)) row[0] = 1
      scale(row, 1 / Math.hypot(...row))
    })
    return tensor(data, { shape, dtype })
  })
}

/**
 * Matrices [rows, columns] with orthonormal columns, rows ≥ columns: products of reflections, so that no choice of numbers is
 * near a singular one. The first shrinks to unit vectors.
 */
export function orthonormals(
  rows: number,
  columns: number = rows,
  { dtype = 'f64' }: DomainOptions = {},
): fc.Arbitrary<Tensor> {
  return fc.array(lists(rows, -3, 3), { minLength: columns, maxLength: columns }).map((normals) => {
    const data = new Float64Array(rows * columns)
    for (let i = 0; i < columns; i++) data[i * columns + i] = 1
    for (const normal of normals) reflect(data, columns, normal)
    return tensor(data, { shape: [rows, columns], dtype })
  })
}

/**
 * Symmetric positive definite matrices [...B, N, N]: A Aᵀ / M + I / 4, so that their eigenvalues are at least 1/4. M is the
 * power of 2 that is next to N, so that they shrink to short numbers.
 */
export function positiveDefinites(shape: Shape, { dtype = 'f64' }: DomainOptions = {}): fc.Arbitrary<Tensor> {
  const n = shape.at(-1) ?? 1
  const scale = 2 ** -Math.ceil(Math.log2(Math.max(1, n)))
  return lists(sizeOf(shape), -2, 2).map((list) => {
    const data = new Float64Array(list.length)
    for (let start = 0; start < data.length; start += n * n)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          let dot = 0
          for (let k = 0; k < n; k++) dot += (list[start + i * n + k] as number) * (list[start + j * n + k] as number)
          data[start + i * n + j] = dot * scale + (i === j ? 0.25 : 0)
        }
    return tensor(data, { shape, dtype })
  })
}

function eachRow(data: Float64Array, shape: Shape, f: (row: Float64Array) => void): void {
  const width = shape.at(-1) ?? 1
  for (let start = 0; start < data.length; start += width) f(data.subarray(start, start + width))
}

function scale(row: Float64Array, factor: number): void {
  row.forEach((x, i) => {
    row[i] = x * factor
  })
}

/** Reflects the columns of a matrix at the plane across a normal; a normal of 0 leaves it. */
function reflect(data: Float64Array, columns: number, normal: readonly number[]): void {
  const square = normal.reduce((total, x) => total + x * x, 0)
  if (square === 0) return
  for (let j = 0; j < columns; j++) {
    const dot = normal.reduce((total, x, i) => total + x * (data[i * columns + j] as number), 0)
    normal.forEach((x, i) => {
      data[i * columns + j] = (data[i * columns + j] as number) - (2 * dot * x) / square
    })
  }
}
