import { fc, test } from '@fast-check/vitest'
import { type Key, key, type Tensor, tensor } from '@wengert/core'
import { tensors } from '@wengert/gradcheck'
import { describeErrors, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { balancedBinaryClusters } from './balancedBinaryClusters.ts'
import { clusteredBatches } from './clusteredBatches.ts'

/** On the host, where it is computed. */
const column = (...data: number[]): Tensor => tensor(data, { shape: [data.length, 1], dtype: 'f64' })
const seeds = fc.nat({ max: 1000 })
const rows = fc.integer({ min: 1, max: 20 }).chain((N) => tensors([N, 3]))
const plain = (lists: readonly Int32Array[]): number[][] => lists.map((list) => Array.from(list))
const ascending = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b)

describe('balancedBinaryClusters', () => {
  test.prop([rows, fc.integer({ min: 1, max: 9 }), seeds])(
    'takes all rows apart, into halves of halves',
    (x, numClusters, seed) => {
      const N = x.shape[0] as number
      const clusters = plain(balancedBinaryClusters(key(seed), x, numClusters))
      expect(ascending(clusters.flat())).toEqual(Array.from({ length: N }, (_, i) => i))
      const parts = 2 ** Math.ceil(Math.log2(numClusters))
      if (N >= parts) {
        const sizes = clusters.map((cluster) => cluster.length)
        expect(sizes.length).toBe(parts)
        expect(Math.max(...sizes)).toBe(Math.ceil(N / parts))
        expect(Math.min(...sizes)).toBe(Math.floor(N / parts))
      } else expect(clusters.length).toBe(N)
    },
  )

  test.prop([rows, seeds])('depends on the key and directions alone', (x, seed) => {
    const once = plain(balancedBinaryClusters(key(seed), x, 4))
    expect(
      plain(balancedBinaryClusters(key(seed), tensor(values(x.mul(4)), { shape: x.shape, dtype: 'f64' }), 4)),
    ).toEqual(once)
  })

  test.prop([fc.integer({ min: 2, max: 8 }), fc.array(fc.nat({ max: 99 }), { minLength: 16, maxLength: 16 }), seeds])(
    'tells two bunches apart, wherever it begins',
    (half, noise, seed) => {
      const bunch = (i: number): number[] => {
        const off = (noise[i] as number) / 1000
        return i % 2 === 0 ? [1, off] : [off, 1]
      }
      const x = tensor(
        Array.from({ length: 2 * half }, (_, i) => bunch(i)),
        { dtype: 'f64' },
      )
      const clusters = balancedBinaryClusters(key(seed), x, 2).map((cluster) => new Set(cluster.map((i) => i % 2)))
      expect(clusters.map((kinds) => kinds.size)).toEqual([1, 1])
    },
  )

  it('draws where it begins, unless told', () => {
    const angles = Array.from({ length: 8 }, (_, i) => (i * Math.PI) / 4)
    const circle = tensor(
      angles.map((a) => [Math.cos(a), Math.sin(a)]),
      { dtype: 'f64' },
    )
    const halvesFrom = (from: Key | Tensor): number[][] => plain(balancedBinaryClusters(from, circle, 2)).map(ascending)
    const found = new Set(
      Array.from({ length: 12 }, (_, seed) =>
        JSON.stringify(
          plain(balancedBinaryClusters(key(seed), circle, 2))
            .map(ascending)
            .sort(),
        ),
      ),
    )
    expect(found.size).toBeGreaterThan(1)
    const places = angles.map((_, i) => i)
    const reachable = places.flatMap((i) =>
      places.filter((j) => j !== i).map((j) => JSON.stringify(halvesFrom(tensor([[i, j]], { dtype: 'i32' })))),
    )
    expect([...found].filter((halves) => !reachable.includes(halves))).toEqual([])
    expect(halvesFrom(tensor([[0, 4]], { dtype: 'i32' }))[1]).toContain(4)
  })

  it('comes to an end where embeddings are zeros or NaN', () => {
    for (const v of [0, Number.NaN]) {
      const clusters = balancedBinaryClusters(key(0), column(v, v, v, v), 2)
      expect(ascending(plain(clusters).flat())).toEqual([0, 1, 2, 3])
    }
  })
})

describe('clusteredBatches', () => {
  const lists = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 6 })

  test.prop([lists, fc.integer({ min: 1, max: 5 }), seeds])(
    'holds all rows, clusters one behind the other, in full batches but for the last',
    (clusters, batchSize, seed) => {
      const batches = plain(clusteredBatches(key(seed), clusters, batchSize))
      const flat = batches.flat()
      expect(ascending(flat)).toEqual(ascending(clusters.flat()))
      expect(batches.slice(0, -1).every((batch) => batch.length === batchSize)).toBe(true)
      expect(batches.every((batch) => batch.length > 0 && batch.length <= batchSize)).toBe(true)
      const whole = flat.join()
      expect(clusters.every((cluster) => whole.includes(cluster.join()))).toBe(true)
      expect(plain(clusteredBatches(key(seed), clusters, batchSize))).toEqual(batches)
    },
  )

  it('orders clusters at random, each order alike', () => {
    const orders = Array.from({ length: 200 }, (_, seed) => clusteredBatches(key(seed), [[0], [1], [2]], 3).join())
    const counts = new Map(orders.map((order) => [order, orders.filter((other) => other === order).length]))
    expect(counts.size).toBe(6)
    expect(Math.min(...counts.values())).toBeGreaterThan(15)
  })
})

const x = column(1, 2, 3, 4)
const pairs = (...data: number[]): Tensor => tensor(data, { shape: [data.length / 2, 2], dtype: 'i32' })
describeErrors('clusters', {
  'balancedBinaryClusters: numClusters must be an integer of at least 1, got 0.': () =>
    balancedBinaryClusters(key(0), x, 0),
  'balancedBinaryClusters: tol must be a finite number greater than 0, got 0.': () =>
    balancedBinaryClusters(key(0), x, 2, { tol: 0 }),
  'balancedBinaryClusters: from must hold a pair for each split, got [1, 2]. Or give a key.': () =>
    balancedBinaryClusters(pairs(0, 1), x, 4),
  'balancedBinaryClusters: from must hold two places from 0 to 3 for split 0, got 1 and 1.': () =>
    balancedBinaryClusters(pairs(1, 1), x, 2),
  'balancedBinaryClusters: from must be a key or i32, got f64.': () =>
    balancedBinaryClusters(tensor([[0, 1]], { dtype: 'f64' }), x, 2),
  'clusteredBatches: batchSize must be an integer of at least 1, got 0.': () => clusteredBatches(key(0), [[1]], 0),
})
