import { fc, test } from '@fast-check/vitest'
import { grad, logSoftmax, softmax, sum, type Tensor, take, tensor } from '@wengert/core'
import { checkGradients, laws, logits, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, runs, value } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { semanticMatchingScore } from './semanticMatchingScore.ts'
import { softSemanticAlignmentLoss } from './softSemanticAlignmentLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
type Rows = (shape: readonly number[]) => fc.Arbitrary<Tensor>
const scored = (scores: Rows): fc.Arbitrary<[Tensor, Tensor]> =>
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }))
    .chain((shape) => fc.tuple(scores(shape), tensors(shape)))
const loss = (s: Tensor, t: Tensor): Tensor => softSemanticAlignmentLoss(s, t, { temperature: 1 })

describeLoss(loss, {
  name: 'softSemanticAlignmentLoss',
  args: scored(logits),
  smooth: scored(tensors),
  laws: {
    'is at least 0, and 0 where scores differ by a number': (s, t) => {
      laws.bounded(loss, { min: 0 })(s, t)
      expectClose(loss(t.add(2), t), 0)
    },
    'is the same where the two exchange places': laws.symmetric(loss),
    'does not change when the scores of an example are shifted, either ones': laws.shiftInvariant(loss, {
      args: [0, 1],
    }),
    'has the gradient ½ (P − Q + P (a − ⟨P, a⟩)) with a = log P − log Q, and none to the judge': (s, t) => {
      const a = logSoftmax(s).sub(logSoftmax(t))
      const p = softmax(s)
      const centred = a.sub(sum(p.mul(a), { axis: -1, keepDims: true }))
      const [g, none] = grad(([x, y]: [Tensor, Tensor]) => sum(loss(x, y)))([s, t]) as [Tensor, Tensor]
      expectClose(g, p.sub(softmax(t)).add(p.mul(centred)).div(2))
      expectClose(none.abs(), 0, 0)
    },
    'divides both by the temperature': (s, t) => {
      expectClose(softSemanticAlignmentLoss(s, t, { temperature: 4 }), loss(s.div(4), t.div(4)))
    },
  },
})

describe('softSemanticAlignmentLoss', () => {
  test.prop([fc.tuple(tensors([2, 4]), tensors([2, 4]), permutations(4))])(
    'does not mind the order of candidates',
    ([s, t, order]) => {
      expectClose(loss(take(s, order, { axis: 1 }), take(t, order, { axis: 1 })), loss(s, t))
    },
  )

  test.prop([fc.tuple(tensors([2, 4]), tensors([2, 4]))], runs(0.3))('tends to what it is without eps', ([s, t]) => {
    laws.tendsTo(
      (eps) => () => softSemanticAlignmentLoss(s, t, { temperature: 1, eps }),
      () => loss(s, t),
      { along: [1e-4, 1e-7, 1e-12], tolerance: 1e-8 },
    )()
    checkGradients((x: Tensor) => softSemanticAlignmentLoss(x, t, { temperature: 1, eps: 0.01 }), [s])
  })

  it('is near the chi-square distance of near distributions', () => {
    const [s, t] = [f64(1, 0.5, 0), f64(1.001, 0.5, 0)]
    const chi = sum(softmax(s).sub(softmax(t)).square().div(softmax(t)))
    expect(value(loss(s, t)) / value(chi)).toBeCloseTo(0.5, 3)
  })

  it('has the temperature 0.02 by default', () => {
    expectClose(softSemanticAlignmentLoss(f64(0.5, 0.25), f64(0.5, 0.5)), loss(f64(25, 12.5), f64(25, 25)))
  })
})

describe('semanticMatchingScore', () => {
  test.prop([fc.tuple(tensors([3]), tensors([3]))])('is a share of exponentials', ([yes, no]) => {
    expectClose(semanticMatchingScore(yes, no), yes.exp().div(yes.exp().add(no.exp())))
    expectClose(semanticMatchingScore(no, yes), semanticMatchingScore(yes, no).neg().add(1))
    laws.shiftInvariant(semanticMatchingScore, { args: [0, 1] })(yes, no)
  })

  it('has a gradient where one is certain', () => {
    const g = grad((x: Tensor) => sum(semanticMatchingScore(x, f64(0, 0, -1e4))))
    expectClose(g(f64(0, -20, 1e4)), f64(0.25, Math.exp(-20), 0), 1e-8)
  })
})

describeErrors('softSemanticAlignmentLoss', {
  'softSemanticAlignmentLoss: eps must be a finite number of at least 0, got -1.': () =>
    softSemanticAlignmentLoss(f64(1), f64(1), { eps: -1 }),
  'softSemanticAlignmentLoss: temperature must be a finite number greater than 0, got 0.': () =>
    softSemanticAlignmentLoss(f64(1), f64(1), { temperature: 0 }),
  'semanticMatchingScore: noLogits must have shape [...S], got [2] (...S = [1]). Expected yesLogits [...S], noLogits [...S].':
    () => semanticMatchingScore(f64(1), f64(1, 2)),
})
