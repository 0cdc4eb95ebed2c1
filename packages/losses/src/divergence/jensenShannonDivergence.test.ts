import { fc, test } from '@fast-check/vitest'
import { grad, logSoftmax, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, laws, logits, simplices, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, describeLoss, expectClose, paired, rowwise, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { generalizedJsLoss } from '../robust/generalizedJsLoss.ts'
import { jensenShannonDivergence } from './jensenShannonDivergence.ts'
import { klDivergence } from './klDivergence.ts'

const ofLogits = (z: Tensor, t: Tensor): Tensor => jensenShannonDivergence(logSoftmax(z), t, { logPredictions: true })
const three = fc.integer({ min: 1, max: 4 }).chain((K) => fc.tuple(simplices([K]), simplices([K]), simplices([K])))

describeLoss(ofLogits, {
  name: 'jensenShannonDivergence',
  args: paired(logits, simplices),
  smooth: paired(tensors, simplices),
  laws: {
    'lies between 0 and log 2': laws.bounded(ofLogits, { min: 0, max: Math.LN2, tolerance: 1e-14 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(ofLogits),
    'is symmetric': (z, t) => {
      expectClose(jensenShannonDivergence(t, softmax(z)), jensenShannonDivergence(softmax(z), t), 0)
    },
  },
})

describe('jensenShannonDivergence', () => {
  test.prop([paired(simplices, simplices)])('is the entropy of the middle less the mean entropy', ([q, t]) => {
    const entropy = (p: number[]): number => p.reduce((total, x) => total - x * Math.log(x), 0)
    const plain = (q: number[], t: number[]): number =>
      entropy(q.map((x, k) => (x + (t[k] as number)) / 2)) - (entropy(q) + entropy(t)) / 2
    expectClose(jensenShannonDivergence(q, t), rowwise(plain, q, t))
  })

  test.prop([paired(simplices, simplices)])(
    'is the mean of two klDivergences, and the same of logarithms',
    ([q, t]) => {
      const m = q.add(t).mul(0.5)
      const expected = jensenShannonDivergence(q, t)
      expectClose(expected, klDivergence(m, q).add(klDivergence(m, t)).mul(0.5))
      expectClose(jensenShannonDivergence(q.log(), t.log(), { logPredictions: true, logTargets: true }), expected)
    },
  )

  test.prop([three])('has a root that is a distance', ([a, b, c]) => {
    const d = (x: Tensor, y: Tensor): number => Math.sqrt(Math.max(0, value(jensenShannonDivergence(x, y))))
    expect(d(a, c)).toBeLessThanOrEqual(d(a, b) + d(b, c) + 1e-7)
    expect(d(a, a)).toBe(0)
  })

  test.prop([classified(tensors)])('is generalizedJsLoss where the target is a label', ([z, y]) => {
    const hits = oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
    expectClose(ofLogits(z, hits).div(Math.LN2 / 2), generalizedJsLoss(z, y))
  })

  test.prop([paired(simplices, simplices)], { numRuns: 20 })('has the documented gradient', ([q, t]) => {
    const gradient = grad((x: Tensor) => sum(jensenShannonDivergence(x, t)))(q)
    expectClose(gradient, q.mul(2).div(q.add(t)).log().mul(0.5))
    checkGradients((q: Tensor, t: Tensor) => jensenShannonDivergence(q, t), [q, t])
  })

  it('is log 2, with a finite gradient, where both rule out what the other says', () => {
    const [q, t] = [tensor([0, 1, 0]), tensor([1, 0, 0])]
    expect(value(jensenShannonDivergence(q, t))).toBeCloseTo(Math.LN2, 6)
    const gradient = values(grad((x: Tensor) => jensenShannonDivergence(x, t))(q))
    expect(gradient.filter((g) => !Number.isFinite(g))).toEqual([])
  })
})

describeErrors('jensenShannonDivergence', {
  'jensenShannonDivergence: targets must be probabilities from 0 to 1, got -0.5 at [1]. Logits become probabilities with softmax(logits).':
    () => jensenShannonDivergence(tensor([0.5, 0.5]), tensor([1, -0.5])),
})
