import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { laws, logits, masks, shapes, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, rowwise, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { rankNetLoss } from './rankNetLoss.ts'

const grades = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  tensors(shape, { min: 0, max: 3 }).map((x) => x.cast('i32'))
const graded = paired(tensors, grades)
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** Costs of the pairs of a list, in loops. */
function pairCosts(scores: number[], relevance: number[]): number[] {
  const costs: number[] = []
  scores.forEach((s, i) => {
    scores.forEach((other, j) => {
      if ((relevance[i] as number) > (relevance[j] as number)) costs.push(softplus(other - s))
    })
  })
  return costs
}
const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)

describeLoss(rankNetLoss, {
  name: 'rankNetLoss',
  args: paired(logits, grades),
  smooth: graded,
  laws: {
    'is at least 0': laws.bounded(rankNetLoss, { min: 0 }),
    'does not change when all scores of a list are shifted': laws.shiftInvariant(rankNetLoss),
    'does not depend on the order of a list': laws.permutationInvariant(rankNetLoss, { axis: -1 }),
    'sees only the order of the relevance': laws.invariant(rankNetLoss, (s, r) => [s, r.mul(r).add(r)], {
      tolerance: 0,
    }),
    'has gradients that add up to 0': (s, r) => {
      expectClose(sum(grad((x: Tensor) => sum(rankNetLoss(x, r)))(s), { axis: -1 }), 0)
    },
  },
})

describe('rankNetLoss', () => {
  test.prop([graded])('is the mean, or the sum, over all pairs, in loops', ([s, r]) => {
    const mean = (costs: readonly number[]): number => total(costs) / Math.max(1, costs.length)
    expectClose(
      rankNetLoss(s, r),
      rowwise((s, r) => mean(pairCosts(s, r)), s, r),
    )
    expectClose(
      rankNetLoss(s, r, { reduction: 'sum' }),
      rowwise((s, r) => total(pairCosts(s, r)), s, r),
    )
  })

  test.prop([shapes({ minRank: 1, maxRank: 2 }).chain((s) => fc.tuple(tensors(s), grades(s), masks(s)))])(
    'leaves out what the mask leaves out',
    ([s, r, mask]) => {
      const among = (x: number[], kept: number[]): number[] => x.filter((_, i) => kept[i] === 1)
      const plain = (s: number[], r: number[], kept: number[]): number =>
        total(pairCosts(among(s, kept), among(r, kept)))
      expectClose(rankNetLoss(s, r, { mask, reduction: 'sum' }), rowwise(plain, s, r, mask))
    },
  )

  it('is log 2 for a pair of equal scores, and 0 without pairs', () => {
    expect(value(rankNetLoss(tensor([3, 3]), tensor([1, 0])))).toBeCloseTo(Math.LN2, 6)
    expect(values(rankNetLoss(tensor([[3, 1]]), tensor([[2, 2]])))).toEqual([0])
  })
})

describeErrors('rankNetLoss', {
  'rankNetLoss: reduction must be one of mean, sum, got none.': () =>
    rankNetLoss(tensor([1, 2]), tensor([0, 1]), { reduction: 'none' as 'sum' }),
})
