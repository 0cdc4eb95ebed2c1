import { fc, test } from '@fast-check/vitest'
import { mean, type Tensor, take, tensor, zeros } from '@wengert/core'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { meanAveragePrecision } from './meanAveragePrecision.ts'
import { ndcg } from './ndcg.ts'
import { precisionAtK } from './precisionAtK.ts'
import { recallAtK } from './recallAtK.ts'
import { rocAuc } from './rocAuc.ts'

/** Scores with ties among them, and grades of relevance. */
const query = fc.integer({ min: 1, max: 7 }).chain((N) => {
  const list = (max: number): fc.Arbitrary<number[]> => fc.array(fc.nat({ max }), { minLength: N, maxLength: N })
  return fc.tuple(list(4), list(2), fc.integer({ min: 1, max: N }))
})

const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
/** Relevances by falling score, found by taking the best again and again. */
function order(scores: readonly number[], relevance: readonly number[]): number[] {
  const left = scores.map((_, i) => i)
  return scores.map(() => {
    const best = left.reduce((a, b) => ((scores[b] as number) > (scores[a] as number) ? b : a))
    left.splice(left.indexOf(best), 1)
    return relevance[best] as number
  })
}
const hits = (list: readonly number[]): number => list.filter((r) => r > 0).length
const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b)
const dcg = (list: readonly number[], gain: (r: number) => number): number =>
  total(list.map((r, i) => gain(r) / Math.log2(i + 2)))

describe('metrics of rankings', () => {
  test.prop([query])('agree with their definitions', ([scores, relevance, k]) => {
    const [s, r] = [tensor(scores), tensor(relevance)]
    const list = order(scores, relevance)
    expectClose(precisionAtK(s, r, k), hits(list.slice(0, k)) / k, 1e-6)
    expectClose(recallAtK(s, r, k), ratio(hits(list.slice(0, k)), hits(list)), 1e-6)
    const precisions = list.flatMap((rel, i) => (rel > 0 ? [hits(list.slice(0, i + 1)) / (i + 1)] : []))
    expectClose(meanAveragePrecision(s, r), ratio(total(precisions), precisions.length), 1e-6)
    const best = relevance.toSorted((a, b) => b - a)
    for (const [gain, worth] of [
      ['linear', (v: number) => v],
      ['exponential', (v: number) => 2 ** v - 1],
    ] as const) {
      const expected = ratio(dcg(list.slice(0, k), worth), dcg(best.slice(0, k), worth))
      expectClose(ndcg(s, r, { k, gain }), expected, 1e-5)
    }
  })

  test.prop([query])('rocAuc counts all pairs, ties half', ([scores, relevance]) => {
    const wins = scores.flatMap((a, i) =>
      scores.flatMap((b, j) =>
        (relevance[i] as number) > 0 && relevance[j] === 0 ? [a > b ? 1 : a === b ? 0.5 : 0] : [],
      ),
    )
    const found = value(rocAuc(tensor(scores), tensor(relevance)))
    if (wins.length === 0) expect(found).toBeNaN()
    else expect(found).toBeCloseTo(total(wins) / wins.length, 6)
  })

  test.prop([query], runs(0.3))('go by the order of scores alone', ([scores, relevance, k]) => {
    const [s, r] = [tensor(scores), tensor(relevance)]
    const all = (by: Tensor): number[] =>
      [precisionAtK(by, r, k), recallAtK(by, r, k), meanAveragePrecision(by, r), ndcg(by, r, { k }), rocAuc(by, r)].map(
        value,
      )
    expect(all(s.exp().mul(3))).toEqual(all(s))
    // Turned round, whoever won has lost.
    const turned = value(rocAuc(s.neg(), r))
    if (!Number.isNaN(turned)) expect(turned).toBeCloseTo(1 - value(rocAuc(s, r)), 6)
    expectClose(rocAuc(take(s, flipped(s)), take(r, flipped(s))), rocAuc(s, r), 1e-6)
  })

  it('are 1 for a perfect order, and take rows as queries and bools as relevances', () => {
    const scores = tensor([
      [3, 2, 1],
      [1, 2, 3],
    ])
    const relevance = tensor([
      [true, true, false],
      [true, false, false],
    ])
    expect(values(precisionAtK(scores, relevance, 2))).toEqual([1, 0])
    expect(values(recallAtK(scores, relevance, 2))).toEqual([1, 0])
    expect(values(rocAuc(scores, relevance))).toEqual([1, 0])
    expectClose(ndcg(scores, relevance), tensor([1, 0.5]), 1e-6)
    expectClose(meanAveragePrecision(scores, relevance), mean(tensor([1, 1 / 3])), 1e-6)
  })

  it('is 0 where nothing is relevant', () => {
    const [s, r] = [tensor([1, 2]), zeros([2])]
    expect([precisionAtK(s, r, 1), recallAtK(s, r, 1), meanAveragePrecision(s, r), ndcg(s, r)].map(value)).toEqual([
      0, 0, 0, 0,
    ])
  })
})

function flipped(x: Tensor): Tensor {
  const n = x.shape[0] as number
  return tensor(Int32Array.from({ length: n }, (_, i) => n - 1 - i))
}

const s = zeros([3])
describeErrors('metrics', {
  'precisionAtK: k must be an integer from 1 to 3, got 4.': () => precisionAtK(s, s, 4),
  'recallAtK: relevance must have shape [...B, N], got [2] (...B = [], N = 3). Expected scores [...B, N], relevance [...B, N].':
    () => recallAtK(s, zeros([2]), 1),
  'ndcg: gain must be one of exponential, linear, got log.': () => ndcg(s, s, { gain: 'log' as 'linear' }),
  'rocAuc: number of candidates must be an integer of at least 1, got 0.': () => rocAuc(zeros([0]), zeros([0])),
})
