import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { cholesky, eye, matmul, sizeOf, sum, type Tensor, useBackend, zeros } from '@wengert/core'
import { beforeAll, describe, expect } from 'vitest'
import {
  axes,
  axisLists,
  broadcastableShapes,
  checkGradients,
  indices,
  labels,
  logits,
  masks,
  matmulShapes,
  oneHots,
  orthonormals,
  permutations,
  positiveDefinites,
  positives,
  probabilities,
  shapes,
  simplices,
  tensors,
  unitVectors,
} from './index.ts'

beforeAll(() => useBackend(cpu()))

const numbers = (x: Tensor): number[] => Array.from(x.dataSync())

/** Rows along the last axis. */
function rows(x: Tensor): number[][] {
  const width = x.shape.at(-1) ?? 1
  const all = numbers(x)
  return Array.from({ length: all.length / width }, (_, i) => all.slice(i * width, (i + 1) * width))
}

/** A tensor drawn by a function of a shape of rank at least 1, without empty axes. */
const ofShape = (draw: (shape: readonly number[]) => fc.Arbitrary<Tensor>) =>
  shapes({ minRank: 1 }).chain((shape) => draw(shape).map((x) => [x, shape] as const))

describe('shapes', () => {
  test.prop([shapes({ minRank: 1, maxRank: 2, minSize: 0, maxSize: 3 })])('keep to their options', (shape) => {
    expect(shape.length === 1 || shape.length === 2).toBe(true)
    expect(shape.every((n) => n >= 0 && n <= 3)).toBe(true)
  })

  test.prop([broadcastableShapes({ minSize: 0 })])('of pairs broadcast', ([a, b]) => {
    expect(() => zeros(a).add(zeros(b))).not.toThrow()
  })

  test.prop([matmulShapes({ minSize: 0 })])('of matmul multiply', ([a, b]) => {
    expect(() => matmul(zeros(a), zeros(b))).not.toThrow()
    expect(a.length).toBeGreaterThan(0)
  })

  test.prop([matmulShapes({ vectors: false, maxBatch: 0 })])('of matmul are matrices where told to', ([a, b]) => {
    expect([a.length, b.length]).toEqual([2, 2])
  })

  test.prop([fc.integer({ min: 1, max: 5 }).chain((rank) => fc.tuple(fc.constant(rank), axes(rank)))])(
    'have the axes drawn for their rank',
    ([rank, axis]) => {
      const x = zeros(new Array(rank).fill(2))
      expect(sum(x, { axis }).shape).toHaveLength(rank - 1)
      expect(Object.is(axis, -0)).toBe(false)
    },
  )

  test.prop([fc.integer({ min: 0, max: 5 }).chain((rank) => fc.tuple(fc.constant(rank), axisLists(rank)))])(
    'have the lists of axes drawn for their rank',
    ([rank, list]) => {
      expect(new Set(list.map((axis) => (axis + rank) % rank)).size).toBe(list.length)
      expect(sum(zeros(new Array(rank).fill(2)), { axis: list }).shape).toHaveLength(rank - list.length)
    },
  )
})

describe('tensors', () => {
  test.prop([ofShape((shape) => tensors(shape, { min: -1, max: 2, avoid: [0, 1] }))])(
    'lie in their range and away from what they avoid',
    ([x, shape]) => {
      expect(x.shape).toEqual(shape)
      for (const v of numbers(x)) {
        expect(v >= -1 && v <= 2).toBe(true)
        expect(Math.min(Math.abs(v), Math.abs(v - 1))).toBeGreaterThanOrEqual(1 / 64)
      }
    },
  )

  test.prop([tensors([6], { distinct: true })])('are distinct where told to', (x) => {
    const sorted = numbers(x).sort((a, b) => a - b)
    for (let i = 1; i < sorted.length; i++)
      expect((sorted[i] as number) - (sorted[i - 1] as number)).toBeGreaterThanOrEqual(1 / 64)
  })

  test.prop([ofShape((shape) => logits(shape, { dtype: 'f32' }))])('of logits are finite f32', ([x]) => {
    expect(x.dtype).toBe('f32')
    expect(numbers(x).every((v) => Number.isFinite(v) && Math.abs(v) <= 1e4)).toBe(true)
  })
})

describe('indices', () => {
  test.prop([ofShape((shape) => fc.oneof(indices(shape, 3), labels(shape, 3)))])('are in range', ([x, shape]) => {
    expect([x.dtype, x.shape]).toEqual(['i32', shape])
    expect(numbers(x).every((i) => i >= 0 && i < 3)).toBe(true)
  })

  test.prop([indices([2, 3], 7, { distinct: true })])('are distinct where told to', (x) => {
    expect(new Set(numbers(x)).size).toBe(6)
  })

  test.prop([fc.nat({ max: 8 }).chain(permutations)])('of permutations are each index once', (x) => {
    expect(numbers(x).sort((a, b) => a - b)).toEqual(Array.from({ length: sizeOf(x.shape) }, (_, i) => i))
  })

  test.prop([ofShape((shape) => oneHots(shape))])('of one-hot rows are one 1 among zeros', ([x, shape]) => {
    expect(x.shape).toEqual(shape)
    for (const row of rows(x)) expect(row.toSorted()).toEqual([...new Array(row.length - 1).fill(0), 1])
  })
})

describe('masks', () => {
  test.prop([ofShape((shape) => masks(shape))])('are bool', ([x, shape]) => {
    expect([x.dtype, x.shape]).toEqual(['bool', shape])
    expect(numbers(x).every((bit) => bit === 0 || bit === 1)).toBe(true)
  })

  test.prop([ofShape((shape) => masks(shape, { someTrue: true }))])('leave something of each row', ([x]) => {
    for (const row of rows(x)) expect(row).toContain(1)
  })
})

describe('numbers of a domain', () => {
  test.prop([ofShape((shape) => positives(shape))])('are positive', ([x, shape]) => {
    expect(x.shape).toEqual(shape)
    expect(numbers(x).every((v) => v >= 1 / 64 && v <= 4)).toBe(true)
  })

  test.prop([ofShape((shape) => probabilities(shape)), ofShape((shape) => probabilities(shape, { margin: 0 }))])(
    'are probabilities',
    ([inner], [x]) => {
      expect(numbers(inner).every((p) => p >= 1 / 64 && p <= 63 / 64)).toBe(true)
      expect(numbers(x).every((p) => p >= 0 && p <= 1)).toBe(true)
    },
  )

  test.prop([ofShape((shape) => simplices(shape))])('are distributions', ([x]) => {
    for (const row of rows(x)) {
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 14)
      expect(Math.min(...row)).toBeGreaterThanOrEqual(Math.max(...row) / 257)
    }
  })

  test.prop([ofShape((shape) => unitVectors(shape))])('are unit vectors', ([x]) => {
    for (const row of rows(x)) expect(Math.hypot(...row)).toBeCloseTo(1, 14)
  })

  test.prop([
    fc.nat({ max: 5 }).chain((columns) => fc.nat({ max: 3 }).chain((more) => orthonormals(columns + more, columns))),
  ])('are orthonormal columns', (q) => {
    const [, columns = 0] = q.shape
    const off = matmul(q.transpose(), q).sub(eye(columns, { dtype: 'f64' }))
    for (const v of numbers(off)) expect(Math.abs(v)).toBeLessThan(1e-14)
  })

  test.prop([
    fc.tuple(fc.nat({ max: 2 }), fc.integer({ min: 1, max: 4 })).chain(([b, n]) => positiveDefinites([b, n, n])),
  ])('are symmetric positive definite matrices', (a) => {
    expect(numbers(a.transpose())).toEqual(numbers(a))
    const root = cholesky(a)
    for (const v of numbers(matmul(root, root.transpose()).sub(a))) expect(Math.abs(v)).toBeLessThan(1e-13)
  })

  test.prop([positiveDefinites([3, 3]), simplices([2, 4])])('are fit for gradient checks', (a, p) => {
    checkGradients((x: Tensor) => cholesky(x.add(x.transpose()).mul(0.5)), [a])
    checkGradients((x: Tensor) => sum(x.mul(x.log())), [p])
  })
})
