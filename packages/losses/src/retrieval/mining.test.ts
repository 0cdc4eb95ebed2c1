import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, take, tensor } from '@wengert/core'
import { laws, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { cyclicHardNegatives } from './cyclicHardNegatives.ts'
import { positiveAwareNegativeMask } from './positiveAwareNegativeMask.ts'
import { reciprocalRankFusion } from './reciprocalRankFusion.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const scored = fc.tuple(tensors([3], { min: 0, max: 1 }), tensors([3, 5], { min: 0, max: 1 }))
const modes = fc.constantFrom('percentage', 'margin', 'absolute', 'none')

describe('positiveAwareNegativeMask', () => {
  test.prop([scored, fc.constantFrom(0, 0.25, 0.95, 1)])('keeps what is below the threshold', ([p, n], value) => {
    const [ps, ns] = [values(p), values(n)]
    const thresholds = {
      percentage: (p: number) => value * p,
      margin: (p: number) => p - value,
      absolute: () => value,
      none: () => Number.POSITIVE_INFINITY,
    } as const
    for (const [mode, threshold] of Object.entries(thresholds)) {
      const kept = values(positiveAwareNegativeMask(p, n, { mode: mode as 'none', value })).map(Boolean)
      expect(kept).toEqual(ns.map((s, i) => s < threshold(ps[Math.floor(i / 5)] as number)))
    }
  })

  test.prop([scored, modes])('keeps no more where negatives score higher', ([p, n], mode) => {
    const [before, after] = [n, n.add(0.25)].map((x) => values(positiveAwareNegativeMask(p, x, { mode })))
    before?.forEach((kept, i) => {
      expect(after?.[i]).toBeLessThanOrEqual(kept)
    })
  })

  test.prop([scored])('takes all of the positive for a margin of 0, and NV-Retriever’s shares by default', ([p, n]) => {
    const kept = (mode: 'percentage' | 'margin', value?: number): number[] =>
      values(positiveAwareNegativeMask(p, n, value === undefined ? { mode } : { mode, value }))
    expect(kept('percentage', 1)).toEqual(kept('margin', 0))
    expect(kept('percentage')).toEqual(kept('percentage', 0.95))
    expect(kept('margin')).toEqual(kept('margin', 0.05))
  })
})

describe('cyclicHardNegatives', () => {
  const mined = fc.record({
    N: fc.integer({ min: 1, max: 12 }),
    stride: fc.integer({ min: 1, max: 6 }),
    k: fc.integer({ min: 1, max: 15 }),
    beta: fc.constantFrom(0, 0.01, 0.5),
  })
  const cases = mined.chain(({ N, ...options }) =>
    fc.tuple(tensors([2, N], { min: 0, max: 1 }), tensors([2], { min: 0, max: 1 }), fc.constant(options)),
  )

  test.prop([cases])('takes every stride-th of what is kept, in cycles', ([s, p, options]) => {
    const { stride, k, beta } = options
    const [N, list, positives] = [s.shape[1] as number, values(s), values(p)]
    const expected = positives.flatMap((positive, row) => {
      const own = list.slice(row * N, (row + 1) * N)
      const kept = own
        .map((_, i) => i)
        .filter((i) => (own[i] as number) <= positive - beta)
        .sort((i, j) => (own[j] as number) - (own[i] as number))
      const cycle: number[] = []
      for (let start = 0; start < stride; start++)
        for (let at = start; at < kept.length; at += stride) cycle.push(kept[at] as number)
      return Array.from({ length: k }, (_, i) => (cycle.length > 0 ? (cycle[i % cycle.length] as number) : -1))
    })
    expect(values(cyclicHardNegatives(s, p, options))).toEqual(expected)
  })

  test.prop([cases])('takes none twice before all, and none near the positive', ([s, p, { stride, beta }]) => {
    const N = s.shape[1] as number
    const [scores, positives] = [values(s), values(p)]
    const chosen = values(cyclicHardNegatives(s, p, { stride, beta, k: N }))
    positives.forEach((positive, row) => {
      const own = chosen.slice(row * N, (row + 1) * N).filter((i) => i >= 0)
      const kept = scores.slice(row * N, (row + 1) * N).filter((v) => v <= positive - beta).length
      expect(new Set(own).size).toBe(kept)
      expect(own.every((i) => (scores[row * N + i] as number) <= positive - beta)).toBe(true)
    })
  })

  it('is all −1 where no candidate is left', () => {
    expect(values(cyclicHardNegatives(f64(0.9, 0.8), f64(0.5).reshape([]), { k: 2 }))).toEqual([-1, -1])
  })
})

describe('reciprocalRankFusion', () => {
  test.prop([fc.tuple(permutations(5), permutations(5), permutations(5))])(
    'adds up reciprocals, and follows the documents',
    ([a, b, order]) => {
      const ranks = tensor([...values(a), ...values(b)], { shape: [2, 5], dtype: 'f64' }).add(1)
      const scores = reciprocalRankFusion(ranks)
      expectClose(scores, f64(...values(a).map((r, i) => 1 / (61 + r) + 1 / (61 + (values(b)[i] as number)))))
      expectClose(reciprocalRankFusion(take(ranks, order, { axis: 1 })), take(scores, order))
      laws.permutationInvariant(reciprocalRankFusion)(ranks)
    },
  )

  it('takes integers, and no part of a ranking for ∞', () => {
    const scores = reciprocalRankFusion(tensor([[1, 2]], { dtype: 'i32' }), { k: 1 })
    expect(scores.dtype).toBe('f32')
    expect(values(scores)).toEqual([1 / 2, Math.fround(1 / 3)])
    expect(values(reciprocalRankFusion(f64(1, Number.POSITIVE_INFINITY).reshape([2, 1]), { k: 1 }))).toEqual([0.5])
    expectClose(
      grad((r: Tensor) => sum(reciprocalRankFusion(r, { k: 1 })))(f64(1, 3).reshape([1, 2])),
      f64(-1 / 4, -1 / 16).reshape([1, 2]),
    )
  })
})

describeErrors('mining', {
  'positiveAwareNegativeMask: mode must be one of percentage, margin, absolute, none, got share.': () =>
    positiveAwareNegativeMask(f64(1), f64(1).reshape([1, 1]), { mode: 'share' as 'none' }),
  'positiveAwareNegativeMask: value must be finite, got NaN.': () =>
    positiveAwareNegativeMask(f64(1), f64(1).reshape([1, 1]), { value: Number.NaN }),
  'cyclicHardNegatives: stride must be an integer of at least 1, got 0.': () =>
    cyclicHardNegatives(f64(1), f64(1).reshape([]), { stride: 0 }),
  'cyclicHardNegatives: k must be an integer of at least 1, got 0.5.': () =>
    cyclicHardNegatives(f64(1), f64(1).reshape([]), { k: 0.5 }),
  'reciprocalRankFusion: k must be at least 0, got -1.': () => reciprocalRankFusion(f64(1).reshape([1, 1]), { k: -1 }),
})
