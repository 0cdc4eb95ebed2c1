import { key, ShapeError, type Tensor, TreeError, tensor, ValueError, zeros } from '@wengert/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batches } from './batches.ts'
import { trainTestSplit } from './trainTestSplit.ts'

/** Rows that can be told apart: row i of every tensor is made of the number i. */
function numbered(count: number): { images: Tensor; more: [labels: Tensor, flags: Tensor] } {
  const ids = Array.from({ length: count }, (_, i) => i)
  return {
    images: tensor(
      ids.flatMap((i) => [i, i + 0.5]),
      { shape: [count, 1, 2], dtype: 'f64' },
    ),
    more: [
      tensor(Int32Array.from(ids)),
      tensor(
        Uint8Array.from(ids, (i) => i % 2),
        { dtype: 'bool' },
      ),
    ],
  }
}

/** The numbers of the rows, after a check that no row was taken apart. */
function rowsIn({ images, more: [labels, flags] }: ReturnType<typeof numbered>): number[] {
  const ids = Array.from(labels.dataSync())
  expect(images).toMatchObject({ dtype: 'f64', shape: [ids.length, 1, 2] })
  expect(flags).toMatchObject({ dtype: 'bool', shape: [ids.length] })
  expect(Array.from(images.dataSync())).toEqual(ids.flatMap((i) => [i, i + 0.5]))
  expect(Array.from(flags.dataSync())).toEqual(ids.map((i) => i % 2))
  return ids
}

const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const seeds = fc.nat().map(key)

describe('batches', () => {
  it('keeps the order without a key', () => {
    expect([...batches(numbered(5), { size: 2 })].map(rowsIn)).toEqual([[0, 1], [2, 3], [4]])
  })

  it('leaves a smaller last batch out when asked to', () => {
    expect([...batches(numbered(5), { size: 2, dropLast: true })].map(rowsIn)).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  it('brings every row once, in batches of the size asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 45 }),
        fc.option(seeds),
        (n, size, key) => {
          const found = [...batches(numbered(n), { size, ...(key && { key }) })].map(rowsIn)
          expect(sorted(found.flat())).toEqual(upTo(n))
          expect(found.map((rows) => rows.length)).toEqual(
            upTo(Math.ceil(n / size)).map((i) => Math.min(size, n - i * size)),
          )
        },
      ),
    )
  })

  it('gives the same order for the same key, also when iterated again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 8 }), seeds, (n, size, key) => {
        const one = batches(numbered(n), { size, key })
        const rows = [...one].map(rowsIn)
        expect([...one].map(rowsIn)).toEqual(rows)
        expect([...batches(numbered(n), { size, key })].map(rowsIn)).toEqual(rows)
      }),
    )
  })

  it('gives another order for another key', () => {
    const order = (seed: number) => [...batches(numbered(50), { size: 50, key: key(seed) })].map(rowsIn)
    expect(order(0)).not.toEqual(order(1))
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses size %d', (size) => {
    expect(() => batches(numbered(3), { size })).toThrow(ValueError)
  })

  it('refuses to leave every row out', () => {
    expect(() => batches(numbered(3), { size: 4, dropLast: true })).toThrow(
      'size must be at most the number of rows, 3',
    )
  })

  it('refuses an empty dataset', () => {
    expect(() => batches(numbered(0), { size: 1 })).toThrow(ValueError)
    expect(() => batches({}, { size: 1 })).toThrow(TreeError)
  })

  it('names the tensors whose rows do not match', () => {
    const dataset = { images: zeros([3, 2]), labels: [zeros([2]), zeros([])] }
    expect(() => batches(dataset, { size: 1 })).toThrow(ShapeError)
    expect(() => batches(dataset, { size: 1 })).toThrow('images [3, 2], labels.0 [2], labels.1 []')
    expect(() => batches(zeros([]), { size: 1 })).toThrow('leading axes of unequal size or none: dataset [].')
  })
})

describe('trainTestSplit', () => {
  const shares = fc.double({ min: 0.01, max: 0.99, noNaN: true })

  it('gives every row to exactly one side', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), shares, seeds, (n, share, key) => {
        const held = Math.round(n * share)
        fc.pre(held > 0 && held < n)
        const { train, test } = trainTestSplit(numbered(n), { test: share, key })
        expect(rowsIn(test).length).toBe(held)
        expect(sorted([...rowsIn(train), ...rowsIn(test)])).toEqual(upTo(n))
      }),
    )
  })

  it('deals the same way for the same key', () => {
    fc.assert(
      fc.property(seeds, (key) => {
        const deal = () => rowsIn(trainTestSplit(numbered(20), { key }).test)
        expect(deal()).toEqual(deal())
      }),
    )
  })

  it('holds a fifth back unless told otherwise', () => {
    expect(rowsIn(trainTestSplit(numbered(1797), { key: key(0) }).test).length).toBe(359)
  })

  it.each([0, 1, -0.2, Number.NaN])('refuses a share of %d', (test) => {
    expect(() => trainTestSplit(numbered(9), { key: key(0), test })).toThrow('test must be a share between 0 and 1')
  })

  it('refuses to leave a side empty', () => {
    expect(() => trainTestSplit(numbered(2), { key: key(0) })).toThrow('got 2 with 0 for testing')
    expect(() => trainTestSplit(numbered(2), { key: key(0), test: 0.9 })).toThrow('got 2 with 2 for testing')
    expect(() => trainTestSplit(numbered(0), { key: key(0) })).toThrow(ValueError)
  })

  it('refuses leading axes of unequal size', () => {
    expect(() => trainTestSplit([zeros([3]), zeros([4])], { key: key(0) })).toThrow(ShapeError)
  })
})
