import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, paired, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { tverskyLoss } from './tverskyLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const binary = (shape: readonly number[]): fc.Arbitrary<Tensor> => labels(shape, 2)
const weights = fc.record({
  alpha: fc.constantFrom(0.3, 0.5, 1),
  beta: fc.constantFrom(0.5, 0.7, 1),
  gamma: fc.constantFrom(0.1, 1),
})
const probability = (z: number): number => 1 / (1 + Math.exp(-z))

describeLoss((z: Tensor, y: Tensor) => tverskyLoss(z, y), {
  name: 'tverskyLoss',
  args: paired(logits, binary),
  smooth: paired(tensors, binary),
  share: 0.25,
  laws: {
    'is from 0 to 1': laws.bounded(tverskyLoss, { min: 0, max: 1 }),
    'falls with the logit for the label 1, rises for 0': (z, y) => {
      const signs = values(y).map((label) => (label ? -1 : 1))
      values(grad((x: Tensor) => sum(tverskyLoss(x, y)))(z)).forEach((g, i) => {
        expect(g * (signs[i] as number)).toBeGreaterThanOrEqual(0)
      })
    },
    'is its formula in plain numbers': (z, y) => {
      const plain = (z: number, y: number): number => {
        const [p, rest] = [probability(z), probability(-z)]
        return 1 - (p * y + 1) / (p * y + 0.5 * p * (1 - y) + 0.5 * rest * y + 1)
      }
      expectClose(tverskyLoss(z, y), elementwise(plain, z, y))
    },
  },
})

describe('tverskyLoss of a set', () => {
  test.prop([paired(tensors, binary), weights])(
    'is 1 − the index of all examples, in plain numbers',
    ([z, y], given) => {
      const { alpha, beta, gamma } = given
      let [tp, fp, fn] = [0, 0, 0]
      const label = values(y)
      values(z).forEach((x, i) => {
        if (label[i]) tp += probability(x)
        if (label[i]) fn += probability(-x)
        else fp += probability(x)
      })
      const expected = 1 - (tp + gamma) / (tp + alpha * fp + beta * fn + gamma)
      expect(value(tverskyLoss(z, y, { ...given, form: 'set' }))).toBeCloseTo(expected, 11)
    },
  )

  test.prop([paired(tensors, binary), weights], runs(0.1))('has derivatives up to order 2', ([z, y], given) => {
    for (const form of ['set', 'perExample'] as const)
      checkGradients((x: Tensor) => tverskyLoss(x, y, { ...given, form }), [z])
  })

  test.prop([paired(logits, binary)], runs(0.5))('does not depend on the order of examples', ([z, y]) => {
    laws.permutationInvariant((z: Tensor, y: Tensor) => tverskyLoss(z, y, { form: 'set' }))(z, y)
  })

  it('is 1 with gradient 0 without gamma and without a label 1', () => {
    for (const z of [f64(0.3, -2), f64(-1e4, -1e4)])
      for (const form of ['set', 'perExample'] as const) {
        const loss = (x: Tensor): Tensor => tverskyLoss(x, f64(0, 0), { gamma: 0, form })
        expectClose(loss(z), 1, 0)
        expect(values(grad((x: Tensor) => sum(loss(x)))(z)).map(Math.abs)).toEqual([0, 0])
      }
  })

  it('is the Jaccard loss with weights of 1', () => {
    const sure = f64(1e4, 1e4, -1e4, 1e4)
    expect(value(tverskyLoss(sure, f64(1, 0, 1, 1), { alpha: 1, beta: 1, gamma: 0, form: 'set' }))).toBe(0.5)
  })

  it('is NaN with a computed label out of range', () => {
    const computed = tensor([0, 1]).add(1)
    expect(value(tverskyLoss(tensor([1, 2]), computed, { form: 'set' }))).toBeNaN()
    expect(values(tverskyLoss(tensor([1, 2]), computed)).map(Number.isNaN)).toEqual([false, true])
  })
})

describeErrors('tverskyLoss', {
  'tverskyLoss: alpha must be a finite number of at least 0, got -1.': () => tverskyLoss(f64(1), f64(1), { alpha: -1 }),
  'tverskyLoss: beta must be a finite number of at least 0, got NaN.': () =>
    tverskyLoss(f64(1), f64(1), { beta: Number.NaN }),
  'tverskyLoss: form must be one of set, perExample, got batch.': () =>
    tverskyLoss(f64(1), f64(1), { form: 'batch' as 'set' }),
  'tverskyLoss: labels must be 0 or 1, got -1 at [0]. Signs become such labels with labels.greater(0).': () =>
    tverskyLoss(f64(1), f64(-1)),
})
