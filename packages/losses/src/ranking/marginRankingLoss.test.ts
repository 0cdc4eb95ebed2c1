import { fc, test } from '@fast-check/vitest'
import { type Tensor, tensor } from '@wengert/core'
import { laws, shapes, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { hingeLoss } from '../hinge/hingeLoss.ts'
import { marginRankingLoss } from './marginRankingLoss.ts'

const signs = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  tensors(shape, { avoid: [0] }).map((x) => elementwise(Math.sign, x).cast('i32'))
const ranked = (first: (shape: readonly number[]) => fc.Arbitrary<Tensor>): fc.Arbitrary<[Tensor, Tensor, Tensor]> =>
  shapes({ minRank: 1, maxRank: 2 }).chain((shape) => fc.tuple(first(shape), tensors(shape), signs(shape)))
const loss = (a: Tensor, b: Tensor, y: Tensor): Tensor => marginRankingLoss(a, b, y, { margin: 1 })

describeLoss(loss, {
  name: 'marginRankingLoss',
  args: ranked(tensors),
  smooth: ranked((shape) => tensors(shape, { avoid: [-1, 1] })).map(([lead, b, y]) => [lead.add(b), b, y]),
  laws: {
    'is max(0, margin − s (a − b)), in plain numbers': (a, b, y) => {
      for (const margin of [0, 0.5])
        expectClose(
          marginRankingLoss(a, b, y, { margin }),
          elementwise((a, b, s) => Math.max(0, margin - s * (a - b)), a, b, y),
        )
    },
    'does not change where scores and signs change places': laws.invariant(loss, (a, b, y) => [b, a, y.neg()], {
      tolerance: 0,
    }),
    'does not change when both scores are shifted': laws.shiftInvariant(loss, { args: [0, 1] }),
    'is hingeLoss of the difference': (a, b, y) => {
      expectClose(loss(a, b, y), hingeLoss(a.sub(b), y.greater(0)))
    },
  },
})

describe('marginRankingLoss', () => {
  test.prop([ranked(tensors), fc.nat({ max: 4 })])('falls as the lead of the right one grows', ([a, b, y], more) => {
    const further = a.add(y.cast('f64').mul(more))
    laws.bounded((x: Tensor) => loss(a, b, y).sub(loss(x, b, y)), { min: 0 })(further)
  })

  it('marks computed labels other than signs by NaN', () => {
    const computed = tensor([1, 0]).mul(1)
    const a = tensor([1, 2])
    expect(values(marginRankingLoss(a, a, computed)).map(Number.isNaN)).toEqual([false, true])
  })
})

describeErrors('marginRankingLoss', {
  'marginRankingLoss: margin must be a finite number of at least 0, got -1.': () =>
    marginRankingLoss(tensor([1]), tensor([1]), tensor([1]), { margin: -1 }),
  'marginRankingLoss: labels must be signs -1 or 1, got 0 at [0]. Labels 0 and 1 become signs with where(labels.greater(0), 1, -1).':
    () => marginRankingLoss(tensor([1]), tensor([1]), tensor([0])),
})
