import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { broadcastableShapes, checkGradients, tensors } from '@wengert/gradcheck'
import { agrees, distance, type Field, fieldOf } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

/** The definition: Σ_p a[…, i, p] b[…, p, j], with leading axes of size 1 repeated. */
function product(a: Field, b: Field, batch: w.Shape): Field {
  const lead = (field: Field, index: readonly number[]): number[] => {
    const axes = field.shape.slice(0, -2)
    return index.slice(batch.length - axes.length, batch.length).map((i, axis) => (axes[axis] === 1 ? 0 : i))
  }
  return {
    shape: [...batch, a.shape.at(-2) as number, b.shape.at(-1) as number],
    at: (index) => {
      const [i = 0, j = 0] = index.slice(-2)
      let total = 0
      for (let p = 0; p < (a.shape.at(-1) as number); p++)
        total += a.at([...lead(a, index), i, p]) * b.at([...lead(b, index), p, j])
      return total
    },
  }
}

const size = fc.integer({ min: 0, max: 9 })
const batches = broadcastableShapes({ maxRank: 2, maxSize: 3 })

/** Operands, each stored as it is or transposed, and the batch axes of their product. */
const cases = fc
  .record({ batches, m: size, k: size, n: size, turnA: fc.boolean(), turnB: fc.boolean() })
  .chain(({ batches: [s, t], m, k, n, turnA, turnB }) => {
    const matrices = (batch: w.Shape, rows: number, columns: number, turned: boolean) =>
      turned ? tensors([...batch, columns, rows]).map((x) => x.transpose()) : tensors([...batch, rows, columns])
    const batch = w.zeros(s).add(w.zeros(t)).shape
    return fc.record({ a: matrices(s, m, k, turnA), b: matrices(t, k, n, turnB), batch: fc.constant(batch) })
  })

describe('matmul', () => {
  test.prop([cases])('multiplies batches of matrices of any size and layout', ({ a, b, batch }) => {
    expect(agrees(w.matmul(a, b), product(fieldOf(a), fieldOf(b), batch))).toBe(true)
  })

  test.prop([cases])('agrees in f32', ({ a, b, batch }) => {
    const [x, y] = [a.cast('f32'), b.cast('f32')]
    expect(agrees(w.matmul(x, y), product(fieldOf(x), fieldOf(y), batch), 2e-6)).toBe(true)
  })

  test.prop([cases.filter(({ a, b }) => w.sizeOf(a.shape) > 0 && w.sizeOf(b.shape) > 0 && w.sizeOf(a.shape) < 200)])(
    'has right derivatives',
    ({ a, b }) => {
      checkGradients(w.matmul, [a, b])
    },
  )

  it('takes vectors as a row and as a column', () => {
    const a = w.tensor([1, 2, 3])
    const m = w.tensor([
      [1, 0],
      [0, 1],
      [1, 1],
    ])
    expect(w.matmul(a, a).item()).toBe(14)
    expect([...w.matmul(a, m).dataSync()]).toEqual([4, 5])
    expect([...w.matmul(m.transpose(), a).dataSync()]).toEqual([4, 5])
    expect(w.matmul(w.zeros([4, 2, 3]), a).shape).toEqual([4, 2])
  })

  it('of ragged and larger sizes equals sums of outer products', () => {
    const a = w.uniform(w.key(1), [67, 131], { dtype: 'f64' })
    const b = w.uniform(w.key(2), [131, 45], { dtype: 'f64' })
    const direct = w.matmul(a, b).dataSync()
    const summed = w.sum(a.reshape([67, 131, 1]).mul(b), { axis: 1 }).dataSync()
    expect(distance(direct, summed)).toBeLessThan(1e-12)
  })

  it('names both shapes when they do not fit', () => {
    expect(() => w.matmul(w.zeros([2, 3]), w.zeros([2, 3]))).toThrow(
      'matmul: a and b must have shapes [...B, M, K] and [...B, K, N], got [2, 3] and [2, 3]. ' +
        'The last axis of a must equal the last but one of b; use transpose or reshape.',
    )
    expect(() => w.matmul(w.zeros([]), w.zeros([2]))).toThrow(w.ShapeError)
    expect(() => w.matmul(w.zeros([2, 2, 2]), w.zeros([3, 2, 2]))).toThrow(w.ShapeError)
    expect(() => w.matmul(w.zeros([2, 2], { dtype: 'i32' }), w.zeros([2, 2], { dtype: 'i32' }))).toThrow(w.DTypeError)
  })
})
