import { fc, test } from '@fast-check/vitest'
import { grad, key, sum, type Tensor, tensor } from '@wengert/core'
import { labels, unitVectors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { batchHardMiner } from './batchHardMiner.ts'
import { distanceWeightedMiner } from './distanceWeightedMiner.ts'
import { marginLoss } from './marginLoss.ts'
import { multiSimilarityLoss } from './multiSimilarityLoss.ts'
import { multiSimilarityMiner } from './multiSimilarityMiner.ts'
import { distancesOf, type PairMasks } from './pairs.ts'
import { tripletMarginMiner } from './tripletMarginMiner.ts'

const i32 = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const batch = fc.integer({ min: 1, max: 6 }).chain((B) => fc.tuple(unitVectors([B, 3]), labels([B], 3)))

/** Distances of each anchor to the others, by kind. */
function sides(x: Tensor, y: Tensor): { own: { j: number; d: number }[]; other: { j: number; d: number }[] }[] {
  const [far, classes] = [values(distancesOf('test', x, {}).far), values(y)]
  return classes.map((c, i) => {
    const all = classes.map((k, j) => ({ j, k, d: far[i * classes.length + j] as number }))
    return { own: all.filter(({ j, k }) => j !== i && k === c), other: all.filter(({ k }) => k !== c) }
  })
}

/** Which one example each row of a mask holds, −1 for none. */
function chosen({ positive, negative }: PairMasks): { positives: number[]; negatives: number[] } {
  const B = positive.shape[0] as number
  const rows = (mask: Tensor): number[] =>
    Array.from({ length: B }, (_, i) => {
      const row = values(mask).slice(i * B, (i + 1) * B)
      expect(row.filter(Boolean).length).toBeLessThanOrEqual(1)
      return row.indexOf(1)
    })
  return { positives: rows(positive), negatives: rows(negative) }
}

describe('batchHardMiner', () => {
  test.prop([batch], runs(0.3))('finds the farthest positive and the nearest negative', ([x, y]) => {
    const { positives, negatives } = chosen(batchHardMiner(x, y))
    const expected = sides(x, y).map(({ own, other }) => {
      if (own.length === 0 || other.length === 0) return [-1, -1]
      const most = Math.max(...own.map(({ d }) => d))
      const least = Math.min(...other.map(({ d }) => d))
      return [own.find(({ d }) => d === most)?.j, other.find(({ d }) => d === least)?.j]
    })
    expect(positives).toEqual(expected.map(([p]) => p))
    expect(negatives).toEqual(expected.map(([, n]) => n))
  })
})

describe('multiSimilarityMiner', () => {
  test.prop([batch], runs(0.3))(
    'keeps more pairs for a greater epsilon, and in the end all of whole anchors',
    ([x, y]) => {
      const counts = [-3, 0, 0.1, 3].map((epsilon) => {
        const { positive, negative } = multiSimilarityMiner(x, y, { epsilon })
        return [value(sum(positive)), value(sum(negative))]
      })
      const whole = sides(x, y).filter(({ own, other }) => own.length > 0 && other.length > 0)
      const all = [whole.flatMap(({ own }) => own).length, whole.flatMap(({ other }) => other).length]
      expect(counts[0]).toEqual([0, 0])
      expect(counts[3]).toEqual(all)
      for (const at of [0, 1])
        counts.slice(1).forEach((count, k) => {
          expect(count[at] as number).toBeGreaterThanOrEqual(counts[k]?.[at] as number)
        })
    },
  )

  test.prop([batch], runs(0.1))('chooses pairs that its loss takes, and has no gradient of its own', ([x, y]) => {
    const { positive, negative } = multiSimilarityMiner(x, y)
    const [p, n] = [values(positive), values(negative)].map((m) => tensor(m, { shape: positive.shape }).greater(0)) as [
      Tensor,
      Tensor,
    ]
    const pairs = { positive: p, negative: n }
    const held = grad((z: Tensor) => sum(multiSimilarityLoss(z, y, { pairs })))(x)
    const free = grad((z: Tensor) => sum(multiSimilarityLoss(z, y, { pairs: multiSimilarityMiner(z, y) })))(x)
    expectClose(free, held, 0)
  })
})

describe('tripletMarginMiner', () => {
  test.prop([batch, fc.constantFrom(0.05, 0.3)], runs(0.3))('takes triplets by their gap', ([x, y], margin) => {
    const B = y.shape[0] as number
    const found = Object.fromEntries(
      (['all', 'hard', 'semihard', 'easy'] as const).map((type) => [
        type,
        values(tripletMarginMiner(x, y, { type, margin })),
      ]),
    )
    const expected = { all: [] as number[], hard: [] as number[], semihard: [] as number[], easy: [] as number[] }
    sides(x, y).forEach(({ own, other }, a) => {
      for (const p of own)
        for (const n of other) {
          const [gap, at] = [n.d - p.d, (a * B + p.j) * B + n.j]
          expected[gap > margin ? 'easy' : gap > 0 ? 'semihard' : 'hard'].push(at)
          if (gap <= margin) expected.all.push(at)
        }
    })
    for (const [type, list] of Object.entries(expected))
      expect((found[type] as number[]).flatMap((hit, i) => (hit ? [i] : []))).toEqual(list.sort((a, b) => a - b))
  })
})

describe('distanceWeightedMiner', () => {
  test.prop([batch, fc.nat({ max: 1000 })], runs(0.3))(
    'draws one of each kind for anchors that have both',
    ([x, y], seed) => {
      const pairs = distanceWeightedMiner(key(seed), x, y)
      const { positives, negatives } = chosen(pairs)
      sides(x, y).forEach(({ own, other }, i) => {
        const lacks = own.length === 0 || other.length === 0
        expect(lacks ? [-1] : own.map(({ j }) => j)).toContain(positives[i])
        expect(lacks ? [-1] : other.map(({ j }) => j)).toContain(negatives[i])
      })
      expect(Number.isFinite(value(marginLoss(x, y, { pairs })))).toBe(true)
    },
  )

  it('draws positives evenly, and the same for the same key', () => {
    const x = tensor([
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
      [1, 1],
    ])
    const y = i32(0, 0, 0, 0, 1)
    const counts = [0, 0, 0, 0]
    for (let seed = 0; seed < 300; seed++) {
      const drawn = chosen(distanceWeightedMiner(key(seed), x, y)).positives[0] as number
      counts[drawn] = (counts[drawn] as number) + 1
    }
    expect(counts[0]).toBe(0)
    for (const count of counts.slice(1)) expect(Math.abs(count / 300 - 1 / 3)).toBeLessThan(0.1)
    const draw = (): number[] => values(distanceWeightedMiner(key(7), x, y).negative)
    expect(draw()).toEqual(draw())
  })
})

const [x, y] = [tensor([[1, 2]]), i32(0)]
describeErrors('miners', {
  'multiSimilarityMiner: epsilon must be finite, got NaN.': () => multiSimilarityMiner(x, y, { epsilon: Number.NaN }),
  'tripletMarginMiner: margin must be finite, got Infinity.': () =>
    tripletMarginMiner(x, y, { margin: Number.POSITIVE_INFINITY }),
  'batchHardMiner: labels must have shape [B], got [2] (B = 1, D = 2). Expected embeddings [B, D], labels [B].': () =>
    batchHardMiner(x, i32(0, 1)),
})
