import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { key, normal, ShapeError, useBackend } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { dense, orthogonal } from './index.ts'

beforeAll(() => useBackend(cpu()))

type Matrix = number[][]

const rowsOf = (data: ArrayLike<number>, rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => data[i * columns + j] as number))

const transposed = (a: Matrix): Matrix => (a[0] as number[]).map((_, j) => a.map((row) => row[j] as number))

const dot = (a: number[], b: number[]): number => a.reduce((total, v, i) => total + v * (b[i] as number), 0)

/** The Q of a matrix's QR decomposition with a positive diagonal of R, by modified Gram-Schmidt in plain numbers. */
function gramSchmidt(columns: Matrix): Matrix {
  const q: Matrix = []
  for (const column of columns) {
    let v = column
    // Twice, so that rounding leaves nothing behind.
    for (const u of [...q, ...q]) {
      const along = dot(u, v)
      v = v.map((x, i) => x - along * (u[i] as number))
    }
    q.push(v.map((x) => x / Math.sqrt(dot(v, v))))
  }
  return q
}

const sides = fc.integer({ min: 1, max: 12 })

test.prop([sides, sides, fc.nat(), fc.double({ min: 0.1, max: 10, noNaN: true }), fc.constantFrom('f32', 'f64')])(
  'has orthonormal columns where it is tall and orthonormal rows where it is wide, times the gain',
  (rows, columns, seed, gain, dtype) => {
    const q = orthogonal(key(seed), [rows, columns], { gain, dtype })
    expect(q.shape).toEqual([rows, columns])
    expect(q.dtype).toBe(dtype)
    const matrix = rowsOf(q.dataSync(), rows, columns)
    const short = rows < columns ? matrix : transposed(matrix)
    short.forEach((a, i) => {
      short.forEach((b, j) => {
        const error = dot(a, b) / gain ** 2 - Number(i === j)
        expect(Math.abs(error)).toBeLessThan(dtype === 'f32' ? 2e-6 : 4e-15)
      })
    })
  },
)

test.prop([fc.integer({ min: 1, max: 9 }), fc.nat(5), fc.nat()])(
  'is what Gram and Schmidt make of normal columns',
  (n, more, seed) => {
    const m = n + more
    const draws = rowsOf(normal(key(seed), [m, n], { dtype: 'f64' }).dataSync(), m, n)
    const expected = transposed(gramSchmidt(transposed(draws)))
    const q = rowsOf(orthogonal(key(seed), [m, n], { dtype: 'f64' }).dataSync(), m, n)
    expected.forEach((row, i) => {
      row.forEach((x, j) => {
        expect(q[i]?.[j]).toBeCloseTo(x, 9)
      })
    })
  },
)

describe('is distributed like the Q of a normal matrix', () => {
  const samples = 4000
  const n = 3
  const ours = Array.from({ length: samples }, (_, seed) => seed)
  let drawn: Matrix[]
  let reference: Matrix[]
  beforeAll(() => {
    drawn = ours.map((seed) => rowsOf(orthogonal(key(seed), [n, n], { dtype: 'f64' }).dataSync(), n, n))
    reference = ours.map((seed) =>
      gramSchmidt(rowsOf(normal(key(samples + seed), [n, n], { dtype: 'f64' }).dataSync(), n, n)),
    )
  })

  const trace = (a: Matrix): number => a.reduce((total, row, i) => total + (row[i] as number), 0)
  const determinant = ([a, b, c]: Matrix): number => {
    const [x, y, z] = [a as number[], b as number[], c as number[]]
    const minor = (i: number, j: number) => (y[i] as number) * (z[j] as number) - (y[j] as number) * (z[i] as number)
    return (x[0] as number) * minor(1, 2) - (x[1] as number) * minor(0, 2) + (x[2] as number) * minor(0, 1)
  }
  const statistics: Record<string, { of: (q: Matrix) => number; mean: number; deviation: number }> = {
    // On O(3) the trace has the moments of a standard normal up to order 4 (Diaconis and Shahshahani 1994).
    trace: { of: trace, mean: 0, deviation: 1 },
    'trace²': { of: (q) => trace(q) ** 2, mean: 1, deviation: Math.SQRT2 },
    determinant: { of: determinant, mean: 0, deviation: 1 },
    // Any entry is a coordinate of a uniform point of the sphere, itself uniform on [−1, 1] in three dimensions.
    'first entry': { of: (q) => q[0]?.[0] as number, mean: 0, deviation: Math.sqrt(1 / 3) },
    'first entry²': { of: (q) => (q[0]?.[0] as number) ** 2, mean: 1 / 3, deviation: Math.sqrt(4 / 45) },
    'last entry²': { of: (q) => (q[2]?.[2] as number) ** 2, mean: 1 / 3, deviation: Math.sqrt(4 / 45) },
    'middle entry': { of: (q) => q[1]?.[1] as number, mean: 0, deviation: Math.sqrt(1 / 3) },
    'product of entries': { of: (q) => (q[0]?.[1] as number) * (q[2]?.[0] as number), mean: 0, deviation: 1 / 3 },
  }
  it.each(Object.entries(statistics))('%s', (_, { of, mean, deviation }) => {
    const average = (matrices: Matrix[]) => matrices.reduce((total, q) => total + of(q), 0) / samples
    const error = (4.5 * deviation) / Math.sqrt(samples)
    expect(Math.abs(average(drawn) - mean)).toBeLessThan(error)
    expect(Math.abs(average(reference) - mean)).toBeLessThan(error)
  })
})

it('is fixed by the key', () => {
  const draw = (seed: number) => [...orthogonal(key(seed), [4, 6]).dataSync()]
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})

it('takes kernels as the matrix [out, in · space]', () => {
  const flat = orthogonal(key(0), [4, 18])
  const kernel = orthogonal(key(0), [4, 2, 3, 3])
  expect(kernel.shape).toEqual([4, 2, 3, 3])
  expect([...kernel.dataSync()]).toEqual([...flat.dataSync()])
})

it('initializes a layer', () => {
  const { weight } = dense({ in: 5, out: 5, weightInit: orthogonal, dtype: 'f64' }).init(key(0))
  const matrix = rowsOf(weight.dataSync(), 5, 5)
  expect(dot(matrix[0] as number[], matrix[0] as number[])).toBeCloseTo(1, 12)
})

it.each([[[]], [[3]], [[0, 3]], [[3, 0, 2]]])('does not take shape %j', (shape) => {
  expect(() => orthogonal(key(0), shape)).toThrow(ShapeError)
  expect(() => orthogonal(key(0), shape)).toThrow(
    'orthogonal: shape must be [out, in, ...space] with sizes of at least 1, got [',
  )
})
