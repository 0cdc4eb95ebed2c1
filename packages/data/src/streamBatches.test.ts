import { cpu } from '@wengert/backend-cpu'
import { key, ShapeError, type Tensor, TreeError, tensor, useBackend, ValueError, zeros } from '@wengert/core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { labelledExamples } from './labelledExamples.ts'
import { type StreamBatchOptions, streamBatches } from './streamBatches.ts'
import { streamCsv } from './streamCsv.ts'
import { collected } from './testing/collected.ts'

beforeAll(() => useBackend(cpu()))

interface Numbered {
  readonly x: Tensor
  readonly more: readonly [ids: Tensor, flags: Tensor]
}

/** Pieces of rows that can be told apart, of these sizes. */
function* pieces(sizes: readonly number[]): Generator<Numbered> {
  let next = 0
  for (const size of sizes) {
    const ids = Array.from({ length: size }, () => next++)
    yield {
      x: tensor(Float64Array.from(ids.flatMap((i) => [i, i + 0.5])), { shape: [size, 1, 2] }),
      more: [
        tensor(Int32Array.from(ids)),
        tensor(
          Uint8Array.from(ids, (i) => i % 2),
          { dtype: 'bool' },
        ),
      ],
    }
  }
}

/** The numbers of the rows of each batch, after a check that no row was taken apart. */
async function batchesOf(sizes: readonly number[], options: StreamBatchOptions): Promise<number[][]> {
  return collected(streamBatches(pieces(sizes), options), ({ x, more: [ids, flags] }) => {
    const rows = Array.from(ids.dataSync())
    expect([x.dtype, x.shape]).toEqual(['f64', [rows.length, 1, 2]])
    expect(Array.from(x.dataSync())).toEqual(rows.flatMap((i) => [i, i + 0.5]))
    expect([flags.dtype, ...flags.dataSync()]).toEqual(['bool', ...rows.map((i) => i % 2)])
    return rows
  })
}

const sizes = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 8 }).filter((list) => list.some((n) => n > 0))
const seeds = fc.nat().map(key)
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)

describe('streamBatches', () => {
  it('brings every row once, in batches of the size asked for, and in order without a key', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 12 }), async (list, size) => {
        const n = sum(list)
        const batches = await batchesOf(list, { size })
        expect(batches.flat()).toEqual(upTo(n))
        expect(batches.map((rows) => rows.length)).toEqual(
          upTo(Math.ceil(n / size)).map((i) => Math.min(size, n - i * size)),
        )
      }),
    )
  })

  it('shuffles with a key: every row once, none before it can have come, the same for the same key however the rows are cut', async () => {
    const counts = fc.integer({ min: 1, max: 12 })
    await fc.assert(
      fc.asyncProperty(sizes, counts, counts, seeds, async (list, size, buffer, key) => {
        const n = sum(list)
        const order = (await batchesOf(list, { size, buffer, key })).flat()
        expect(order.toSorted((a, b) => a - b)).toEqual(upTo(n))
        order.forEach((row, place) => {
          expect(row).toBeLessThan(place + buffer)
        })
        expect((await batchesOf([n], { size, buffer, key })).flat()).toEqual(order)
      }),
    )
  })

  it('shuffles evenly where the buffer holds all rows', async () => {
    const counts = Array.from({ length: 4 }, () => [0, 0, 0, 0])
    for (let seed = 0; seed < 400; seed++) {
      const order = (await batchesOf([4], { size: 4, buffer: 4, key: key(seed) })).flat()
      order.forEach((row, place) => {
        const places = counts[row] as number[]
        places[place] = (places[place] as number) + 1
      })
    }
    // 100 each in the mean, with a spread of 8.7.
    for (const count of counts.flat()) expect(Math.abs(count - 100)).toBeLessThan(40)
  })

  it('mixes far beyond a batch', async () => {
    const order = (await batchesOf([500, 500], { size: 10, key: key(0) })).flat()
    const moved = order.map((row, place) => Math.abs(row - place))
    expect(sum(moved) / moved.length).toBeGreaterThan(50)
    expect((await batchesOf([500, 500], { size: 10, key: key(1) })).flat()).not.toEqual(order)
  })

  it('leaves a smaller last batch out when asked to', async () => {
    expect(await batchesOf([3, 2], { size: 2, dropLast: true })).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  it('holds no more than the buffer, a piece and a batch', async () => {
    let asked = 0
    function* endless(): Generator<{ x: Tensor }> {
      for (;;) yield { x: tensor([asked++]) }
    }
    let given = 0
    for await (const { x } of streamBatches(endless(), { size: 4, buffer: 20, key: key(0) })) {
      given += x.shape[0] as number
      expect(asked - given).toBeLessThanOrEqual(20)
      if (given >= 100) break
    }
  })

  it('makes batches of a file that streams in', async () => {
    async function* examples() {
      for await (const table of streamCsv(['1,0\n2,', '1\n3,0\n4,1\n5,0'], { rows: 2 })) yield labelledExamples(table)
    }
    const seen = await collected(streamBatches(examples(), { size: 3 }), ({ x, labels }) => [
      [...x.dataSync()],
      [...labels.dataSync()],
    ])
    expect(seen).toEqual([
      [
        [1, 2, 3],
        [0, 1, 0],
      ],
      [
        [4, 5],
        [1, 0],
      ],
    ])
  })

  const fails = (source: unknown[], options: StreamBatchOptions = { size: 1 }) =>
    collected(streamBatches(source, options))
  it.each([
    [[], ValueError, 'source must bring at least one row, got none.'],
    [[zeros([0, 2])], ValueError, 'source must bring at least one row, got none.'],
    [[{ x: zeros([2]) }, { y: zeros([2]) }], TreeError, 'streamBatches: trees must have the same structure'],
    [
      [{ x: zeros([2, 3]) }, { x: zeros([2, 4]) }],
      ShapeError,
      'pieces must have rows like the first, f32 [3], got f32 [4] at tree.x.',
    ],
    [[[zeros([2])], [zeros([2], { dtype: 'i32' })]], ShapeError, 'like the first, f32 [], got i32 [] at tree[0].'],
    [[{ x: zeros([2]), y: zeros([3]) }], ShapeError, 'leading axes of unequal size'],
  ])('says what is wrong with the source: %#', async (source, ErrorClass, message) => {
    await expect(fails(source)).rejects.toThrow(ErrorClass)
    await expect(fails(source)).rejects.toThrow(message)
  })

  it('refuses sizes that are no counts', async () => {
    await expect(fails([zeros([2])], { size: 0 })).rejects.toThrow('size must be an integer of at least 1, got 0.')
    await expect(fails([zeros([2])], { size: 1, buffer: 0 })).rejects.toThrow(
      'buffer must be an integer of at least 1, got 0.',
    )
    await expect(fails([zeros([2])], { size: 3, dropLast: true })).rejects.toThrow(
      'size must be at most the number of rows, 2, with dropLast, got 3. No batch would be left.',
    )
  })
})
