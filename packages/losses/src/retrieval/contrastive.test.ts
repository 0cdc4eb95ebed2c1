import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor, where } from '@wengert/core'
import { labels, laws, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, multiLabelled, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { hingeContrastiveLoss } from './hingeContrastiveLoss.ts'
import { kProbContrastiveLoss } from './kProbContrastiveLoss.ts'
import { probContrastiveLoss } from './probContrastiveLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const cosines = (shape: readonly number[]): fc.Arbitrary<Tensor> => tensors(shape, { min: -1, max: 1 })
const hinge = (s: Tensor, y: Tensor): Tensor => hingeContrastiveLoss(s, y, { margin: 0.5 })
const K = (s: Tensor): number => s.shape.at(-1) as number
const gradient = (f: (s: Tensor, y: Tensor) => Tensor, s: Tensor, y: Tensor): Tensor =>
  grad((x: Tensor) => sum(f(x, y)))(s)

describeLoss(hinge, {
  name: 'hingeContrastiveLoss',
  args: multiLabelled(),
  smooth: multiLabelled((shape) => tensors(shape, { avoid: [0.5] })),
  laws: {
    'weights the positives': (s, y) => {
      const by = (positiveWeight: number): Tensor => hingeContrastiveLoss(s, y, { margin: 0.5, positiveWeight })
      expectClose(by(3).sub(by(0)), by(1).sub(by(0)).mul(3), 1e-11)
    },
    'is 0 for positives at 1 and negatives up to the margin': (s, y) => {
      const ideal = where(y.equal(1), 1, s.abs().neg())
      expectClose(hinge(ideal, y), 0, 0)
    },
    'has the slope −1 / K at positives, and at negatives 1 / K above the margin': (s, y) => {
      const far = where(s.equal(0.5), 2, s)
      const expected = where(y.equal(1), f64(-1).reshape([]), where(far.greater(0.5), f64(1).reshape([]), 0)).div(K(s))
      expectClose(gradient(hinge, far, y), expected)
    },
  },
})

const prob = (s: Tensor, y: Tensor): Tensor => probContrastiveLoss(s, y, { threshold: 0 })

describeLoss(prob, {
  name: 'probContrastiveLoss',
  args: multiLabelled(cosines),
  saturation: 1,
  laws: {
    'is a negative log-likelihood': (s, y) => {
      const p = s.sub(1).mul(3).exp().mul(0.75)
      const cost = where(y.equal(1), p.log(), p.neg().add(1).log()).neg().div(3)
      expectClose(prob(s, y), sum(cost, { axis: -1 }).div(K(s)))
    },
    'forgets negatives that cost less than the threshold': (s, y) => {
      const costs = where(y.equal(1), 0, s.sub(1).mul(3).exp().mul(-0.75).add(1).log().div(-3))
      const forgotten = sum(where(costs.less(0.05), costs, 0), { axis: -1 }).div(K(s))
      expectClose(probContrastiveLoss(s, y), prob(s, y).sub(forgotten))
    },
    'draws positives evenly from everywhere': (s, y) => {
      const g = gradient(prob, s, y)
      expectClose(where(y.equal(1), g.mul(K(s)), -1), -1)
    },
  },
})

const all = (s: Tensor, y: Tensor): Tensor => kProbContrastiveLoss(s, y, { k: 5, softmaxWeights: true })
/** −log p and −log(1 − p) with the default c and d. */
const costs = (s: number): readonly [number, number] => {
  const p = 0.9 * Math.exp(1.5 * (s - 1))
  return [-Math.log(p), -Math.log1p(-p)]
}

describeLoss(all, {
  name: 'kProbContrastiveLoss',
  args: multiLabelled(cosines),
  saturation: 1,
  laws: {
    'is at least 0': laws.bounded(all, { min: 0 }),
    'is probContrastiveLoss, over its mean, where all negatives count alike': (s, y) => {
      const options = { c: 0.9, d: 1.5 }
      const mean = probContrastiveLoss(s, y, { ...options, threshold: 0 })
      expectClose(kProbContrastiveLoss(s, y, { ...options, k: 5 }), mean.mul(1.5 * K(s)))
    },
    'is at most that with weights': (s, y) => {
      laws.bounded(() => kProbContrastiveLoss(s, y, { k: 5 }).sub(all(s, y)), { min: -1e-12 })()
    },
  },
})

describe('kProbContrastiveLoss', () => {
  test.prop([fc.tuple(cosines([3, 4]), labels([3, 4], 2)), fc.constantFrom(1, 2, 3), fc.boolean()])(
    'is what the definition says in plain numbers',
    ([s, y], k, softmaxWeights) => {
      const [scores, truths] = [values(s), values(y)]
      const expected = [0, 1, 2].map((row) => {
        const at = Array.from({ length: 4 }, (_, i) => row * 4 + i)
        const entries = at.map((i) => {
          const [positive, negative] = costs(scores[i] as number)
          return truths[i]
            ? { key: positive - 3, cost: positive, counts: 0 }
            : { key: negative, cost: negative, counts: 1 }
        })
        const taken = entries.toSorted((a, b) => b.key - a.key).slice(0, k)
        const total = taken.reduce((sum, { key }) => sum + Math.exp(key), 0)
        const against = taken.reduce(
          (sum, { key, cost, counts }) => sum + counts * cost * (softmaxWeights ? Math.exp(key) / total : 1),
          0,
        )
        return against + entries.reduce((sum, { cost, counts }) => sum + (1 - counts) * cost, 0)
      })
      expectClose(kProbContrastiveLoss(s, y, { k, softmaxWeights }), f64(...expected))
    },
  )

  it('lets a positive that scores very low take the place of a negative', () => {
    const y = f64(1, 0, 0)
    const [near, far] = [f64(-0.5, -0.9, -1), f64(-1, -0.9, -1)].map((s) => value(kProbContrastiveLoss(s, y, { k: 1 })))
    expect(near).toBeCloseTo(costs(-0.5)[0] + costs(-0.9)[1], 12)
    expect(far).toBeCloseTo(costs(-1)[0], 12)
  })
})

describeErrors('contrastive', {
  'hingeContrastiveLoss: positiveWeight must be at least 0, got -1.': () =>
    hingeContrastiveLoss(f64(1), f64(1), { positiveWeight: -1 }),
  'hingeContrastiveLoss: margin must be finite, got NaN.': () =>
    hingeContrastiveLoss(f64(1), f64(1), { margin: Number.NaN }),
  'hingeContrastiveLoss: number of labels must be an integer of at least 1, got 0.': () =>
    hingeContrastiveLoss(f64(), f64()),
  'probContrastiveLoss: c must be between 0 and 1, got 1.': () => probContrastiveLoss(f64(1), f64(1), { c: 1 }),
  'probContrastiveLoss: threshold must be at least 0, got -1.': () =>
    probContrastiveLoss(f64(1), f64(1), { threshold: -1 }),
  'kProbContrastiveLoss: d must be a finite number greater than 0, got 0.': () =>
    kProbContrastiveLoss(f64(1), f64(1), { d: 0 }),
  'kProbContrastiveLoss: k must be an integer of at least 1, got 0.': () =>
    kProbContrastiveLoss(f64(1), f64(1), { k: 0 }),
})
