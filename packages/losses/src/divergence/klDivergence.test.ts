import { fc, test } from '@fast-check/vitest'
import { grad, logSoftmax, softmax, sum, type Tensor, tensor, xLogY } from '@wengert/core'
import { checkGradients, laws, logits, oneHots, shapes, simplices, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, rowwise, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { klDivergence } from './klDivergence.ts'

const distributions = paired(simplices, simplices)
const ofLogits = (z: Tensor, t: Tensor): Tensor => klDivergence(logSoftmax(z), t, { logPredictions: true })

describeLoss(ofLogits, {
  name: 'klDivergence',
  args: paired(logits, simplices),
  smooth: paired(tensors, simplices),
  laws: {
    'is at least 0': laws.bounded(ofLogits, { min: 0, tolerance: 1e-12 }),
    'is crossEntropy less the entropy of the targets': (z, t) => {
      expectClose(ofLogits(z, t), crossEntropy(z, t).add(sum(xLogY(t, t), { axis: -1 })), 1e-11)
    },
    'has the gradient softmax(logits) − targets': (z, t) => {
      expectClose(grad((x: Tensor) => sum(ofLogits(x, t)))(z), softmax(z).sub(t))
    },
  },
})

describe('klDivergence', () => {
  test.prop([distributions])('is Σ t log(t / q), in plain numbers', ([q, t]) => {
    const plain = (q: number[], t: number[]): number =>
      t.reduce((total, p, k) => total + p * Math.log(p / (q[k] as number)), 0)
    expectClose(klDivergence(q, t), rowwise(plain, q, t))
  })

  test.prop([distributions])('is 0 just where both are the same', ([q, t]) => {
    expectClose(klDivergence(t, t), 0, 0)
    const apart = values(sum(q.sub(t).abs(), { axis: -1 }))
    values(klDivergence(q, t)).forEach((d, i) => {
      // Pinsker's inequality.
      expect(d).toBeGreaterThanOrEqual((apart[i] as number) ** 2 / 2 - 1e-12)
    })
  })

  test.prop([distributions])('is the same of logarithms', ([q, t]) => {
    const expected = klDivergence(q, t)
    expectClose(klDivergence(q.log(), t, { logPredictions: true }), expected)
    expectClose(klDivergence(q, t.log(), { logTargets: true }), expected)
    expectClose(klDivergence(q.log(), t.log(), { logPredictions: true, logTargets: true }), expected)
  })

  test.prop([fc.tuple(shapes({ minRank: 1, maxRank: 2 })).chain(([s]) => fc.tuple(simplices(s), oneHots(s)))])(
    'is −log of the one probability where the target is certain',
    ([q, t]) => {
      expectClose(klDivergence(q, t), sum(t.mul(q.log()), { axis: -1 }).neg())
      expectClose(klDivergence(q, t.log(), { logTargets: true }), klDivergence(q, t), 0)
    },
  )

  test.prop([paired(simplices, simplices)], { numRuns: 20 })('can be differentiated by both', ([q, t]) => {
    checkGradients((q: Tensor, t: Tensor) => klDivergence(q, t), [q, t])
  })

  it('takes 0 log 0 as 0, and costs infinity where a prediction rules out what happens', () => {
    const [q, t] = [tensor([0, 1, 0, 1], { shape: [2, 2] }), tensor([0, 1, 0.5, 0.5], { shape: [2, 2] })]
    expect(values(klDivergence(q, t))).toEqual([0, Number.POSITIVE_INFINITY])
    const [byQ, byT] = grad((x: readonly [Tensor, Tensor]) => klDivergence(x[0], x[1]))([
      tensor([0, 1]),
      tensor([0, 1]),
    ])
    expect([...values(byQ).map(Math.abs), ...values(byT)]).toEqual([0, 1, 0, 1])
  })

  it('keeps logarithms of probabilities that are 0 in f32', () => {
    expect(values(ofLogits(tensor([0, 1e4]), tensor([0.5, 0.5])))[0]).toBeCloseTo(5000 - Math.LN2, 3)
    const zeros = [tensor([-1e4, 0]), tensor([-1e4, 0])] as const
    expectClose(klDivergence(...zeros, { logPredictions: true, logTargets: true }), 0, 0)
  })
})

describeErrors('klDivergence', {
  'klDivergence: predictions must be probabilities from 0 to 1, got 2 at [0]. Logits become probabilities with softmax(logits).':
    () => klDivergence(tensor([2, -1]), tensor([0.5, 0.5])),
  'klDivergence: targets must be log-probabilities of at most 0, got 0.5 at [1]. Logits become log-probabilities with logSoftmax(logits).':
    () => klDivergence(tensor([0.5, 0.5]), tensor([-0.5, 0.5]), { logTargets: true }),
})
