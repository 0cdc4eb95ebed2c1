import { test } from '@fast-check/vitest'
import { grad, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, simplices, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, describeLoss, expectClose, overLabels, rowwise, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { squaredError } from '../regression/squaredError.ts'
import { softmaxMseLoss } from '../robust/softmaxMseLoss.ts'
import { brierScore } from './brierScore.ts'

// Written on the host these would be out of range; computed they are taken as they are.
const score = (p: Tensor, y: Tensor): Tensor => brierScore(p.add(0), y)

describeLoss(score, {
  name: 'brierScore',
  args: classified(simplices),
  laws: {
    'lies between 0 and 2': laws.bounded(score, { min: 0, max: 2 }),
    'is Σ (p − e)², in plain numbers': (p, y) => {
      const plain = (p: number[], [label]: number[]): number =>
        p.reduce((total, x, k) => total + (x - Number(k === label)) ** 2, 0)
      expectClose(score(p, y), rowwise(plain, p, y))
    },
    'has the gradient 2 (p − e)': (p, y) => {
      const e = oneHot(y, p.shape.at(-1) as number, { dtype: 'f64' })
      expectClose(grad((x: Tensor) => sum(score(x, y)))(p), p.sub(e).mul(2))
    },
  },
})

describe('brierScore', () => {
  test.prop([classified(tensors)])('is softmaxMseLoss of logits', ([z, y]) => {
    expectClose(brierScore(softmax(z), y), softmaxMseLoss(z, y))
  })

  test.prop([classified(simplices, 2)])('is twice squaredError for two classes', ([p, y]) => {
    const yes = p.slice([...p.shape.slice(1).map(() => 0), 0], [...p.shape.slice(0, -1), 1]).squeeze(-1)
    const two = oneHot(y.greater(0).cast('i32'), 2, { dtype: 'f64' })
    const forecast = two
      .mul(0)
      .add(tensor([0, 1], { dtype: 'f64' }))
      .mul(yes.expandDims(-1))
    const both = forecast.add(tensor([1, 0], { dtype: 'f64' }).mul(yes.neg().add(1).expandDims(-1)))
    expectClose(brierScore(both, y.greater(0).cast('i32')), squaredError(yes, y.greater(0)).mul(2))
  })

  test.prop([classified(simplices, 2)])('is least, on average, for the honest forecast', ([honest]) => {
    const flat = honest.mul(0).add(1 / (honest.shape.at(-1) as number))
    const other = honest.add(flat).mul(0.5)
    const expected = (p: Tensor): Tensor => sum(overLabels(score, p).mul(honest), { axis: -1 })
    laws.bounded((p: Tensor) => expected(p).sub(expected(honest)), { min: -1e-14 })(other)
  })

  it('marks examples with computed labels out of range by NaN', () => {
    const computed = tensor([0, 1], { dtype: 'i32' }).add(1)
    expect(
      values(
        brierScore(
          tensor([
            [1, 0],
            [1, 0],
          ]),
          computed,
        ),
      ).map(Number.isNaN),
    ).toEqual([false, true])
  })
})

describeErrors('brierScore', {
  'brierScore: probabilities must be probabilities from 0 to 1, got -1 at [1]. Logits become probabilities with softmax(logits).':
    () => brierScore(tensor([1, -1]), tensor(0, { dtype: 'i32' })),
  'brierScore: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    brierScore(tensor([1, 0]), tensor(2, { dtype: 'i32' })),
})
