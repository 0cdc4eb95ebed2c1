import { fc, test } from '@fast-check/vitest'
import { full, grad, logSoftmax, mean, oneHot, softmax, sum, type Tensor, tensor, weightedMean } from '@wengert/core'
import { checkGradients, labels, laws, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, describeLoss, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from './crossEntropy.ts'

const classes = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const gradient = (logits: Tensor, truth: Tensor, options = {}): Tensor =>
  grad((z: Tensor) => sum(crossEntropy(z, truth, options)))(logits)
const K = (logits: Tensor): number => logits.shape.at(-1) as number
const inf = Number.POSITIVE_INFINITY
const fraction = fc.integer({ min: 0, max: 8 }).map((n) => n / 8)

describeLoss(crossEntropy, {
  name: 'crossEntropy',
  args: classified(),
  smooth: classified(tensors),
  laws: {
    'is at least 0': laws.bounded(crossEntropy, { min: 0 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(crossEntropy),
    'is 0 where there is one class': (z, y) => {
      const one = z.slice(
        z.shape.map(() => 0),
        [...z.shape.slice(0, -1), 1],
      )
      expectClose(crossEntropy(one, y.mul(0)), 0)
    },
    'has the gradient softmax − one-hot, which sums to 0 over the classes': (z, y) => {
      const g = gradient(z, y)
      expectClose(g, softmax(z).sub(oneHot(y, K(z), { dtype: 'f64' })))
      expectClose(sum(g, { axis: -1 }), 0)
    },
    'takes one-hot distributions like class labels': (z, y) => {
      const rows = oneHot(y, K(z), { dtype: 'f64' })
      expectClose(crossEntropy(z, rows), crossEntropy(z, y))
      expectClose(gradient(z, rows), gradient(z, y))
    },
  },
})

describe('crossEntropy', () => {
  test.prop([classified(tensors)])('equals −log p of the label', (args) => {
    const [z, y] = args
    const p = sum(softmax(z).mul(oneHot(y, K(z), { dtype: 'f64' })), { axis: -1 })
    expectClose(crossEntropy(z, y), p.log().neg())
  })

  test.prop([classified(tensors), fraction])('mixes in the uniform distribution by smoothing', ([z, y], smoothing) => {
    const uniform = mean(logSoftmax(z), { axis: -1 }).neg()
    const mixture = crossEntropy(z, y)
      .mul(1 - smoothing)
      .add(uniform.mul(smoothing))
    expectClose(crossEntropy(z, y, { smoothing }), mixture)
  })

  test.prop([classified(tensors), fraction])('smooths distributions like class labels', ([z, y], smoothing) => {
    const rows = oneHot(y, K(z), { dtype: 'f64' })
    expectClose(crossEntropy(z, rows, { smoothing }), crossEntropy(z, y, { smoothing }))
  })

  test.prop([tensors([3, 4]), tensors([3, 4], { min: 0, max: 1 }), tensors([4], { min: 0 })], runs(0.25))(
    'can be differentiated by logits, distributions and class weights',
    (z, rows, weights) => {
      checkGradients(
        (a, b, c) => crossEntropy(a as Tensor, b as Tensor, { weights: c as Tensor, smoothing: 0.1 }),
        [z, rows, weights],
      )
    },
  )

  test.prop([tensors([3, 4]), labels([3], 4), tensors([4], { min: 0 })])(
    'multiplies by the weight of the class',
    (z, y, weights) => {
      const factors = sum(oneHot(y, 4, { dtype: 'f64' }).mul(weights), { axis: -1 })
      expectClose(crossEntropy(z, y, { weights }), crossEntropy(z, y).mul(factors))
    },
  )

  test.prop([tensors([3, 4]), labels([3], 4), fc.nat({ max: 2 })])(
    'gives ignored examples value and gradient 0, whatever their logits hold',
    (z, y, at) => {
      const spoil = (x: Tensor, i: number, data: number[]): Tensor =>
        tensor(
          values(x).map((v, j) =>
            Math.floor((j * 3) / values(x).length) === i ? (data[j % data.length] as number) : v,
          ),
          { shape: x.shape, dtype: x.dtype },
        )
      const options = { ignoreIndex: -100, smoothing: 0.25 }
      const holed = spoil(z, at, [Number.NaN, inf, 0, -inf])
      const ignored = spoil(y, at, [-100])
      expectClose(crossEntropy(holed, ignored, options), spoil(crossEntropy(z, y, options), at, [0]))
      expectClose(gradient(holed, ignored, options), spoil(gradient(z, y, options), at, [0]))
    },
  )

  it('is finite where a class is ruled out by −∞ and its target is 0', () => {
    const z = tensor([1, -inf, 2], { dtype: 'f64' })
    for (const truth of [tensor(2, { dtype: 'i32' }), tensor([0.5, 0, 0.5])]) {
      const open = truth.shape.length === 0 ? tensor(1, { dtype: 'i32' }) : tensor([0.5, 0.5])
      const two = tensor([1, 2], { dtype: 'f64' })
      expectClose(crossEntropy(z, truth), crossEntropy(two, open))
      const [a, b, c] = values(gradient(z, truth))
      expect(b).toBe(0)
      expectClose(tensor([a as number, c as number], { dtype: 'f64' }), gradient(two, open))
    }
    expect(value(crossEntropy(z, tensor(1, { dtype: 'i32' })))).toBe(inf)
  })

  it('is averaged over the examples that are not ignored by weightedMean', () => {
    const z = tensor([
      [1, 2],
      [3, 1],
      [0, 0],
    ])
    const truth = classes(1, -1, 0)
    const loss = crossEntropy(z, truth, { ignoreIndex: -1 })
    const [a = 0, , c = 0] = values(loss)
    expectClose(weightedMean(loss, truth.notEqual(-1)), (a + c) / 2, 1e-6)
  })

  it('takes an empty batch', () => {
    expect(crossEntropy(full([0, 3], 1), classes()).shape).toEqual([0])
    expect(values(crossEntropy(full([0, 3], 1), classes()))).toEqual([])
  })

  it('marks computed labels out of range by NaN', () => {
    const z = tensor([
      [1, 2],
      [3, 4],
    ])
    const computed = classes(1, 0).add(1)
    expect(values(crossEntropy(z, computed)).map(Number.isNaN)).toEqual([true, false])
    expect(values(crossEntropy(z, computed, { ignoreIndex: 2 }))[0]).toBe(0)
  })
})

describeErrors('crossEntropy', {
  'crossEntropy: labels must be a tensor, got an array. Wrap data with tensor(…).': () =>
    crossEntropy(full([2, 3], 0), [0, 1] as unknown as Tensor),
  'crossEntropy: labels must be class indices from 0 to 2, got 3 at [1]. The logits have 3 classes.': () =>
    crossEntropy(full([2, 3], 0), classes(0, 3)),
  'crossEntropy: labels must be class indices from 0 to 2, or -1 to be ignored, got -2 at [0]. The logits have 3 classes.':
    () => crossEntropy(full([2, 3], 0), classes(-2, -1), { ignoreIndex: -1 }),
  "crossEntropy: labels must be i32 classes [...B] or float rows [...B, K], got f32 [2]. Cast classes to 'i32', one-hot rows to 'f32'.":
    () => crossEntropy(full([2, 3], 0), tensor([0, 1])),
  'crossEntropy: labels must have shape [...B], got [3] (...B = [2], K = 3). Expected logits [...B, K], labels [...B].':
    () => crossEntropy(full([2, 3], 0), classes(0, 1, 2)),
  "crossEntropy: logits must be f32 or f64, got i32 [2, 3]. Cast it, e.g. logits.cast('f32').": () =>
    crossEntropy(full([2, 3], 0, { dtype: 'i32' }), classes(0, 1)),
  'crossEntropy: logits must have at least one class on the last axis, got [2, 0].': () =>
    crossEntropy(full([2, 0], 0), classes(0, 1)),
  'crossEntropy: weights must have shape [K], got [2] (...B = [2], K = 3). Expected logits [...B, K], weights [K].':
    () => crossEntropy(full([2, 3], 0), classes(0, 1), { weights: tensor([1, 2]) }),
  'crossEntropy: smoothing must be from 0 to 1, got 1.5.': () =>
    crossEntropy(full([2, 3], 0), classes(0, 1), { smoothing: 1.5 }),
  'crossEntropy: ignoreIndex must be left out beside distributions, got 0.': () =>
    crossEntropy(full([2, 3], 0), full([2, 3], 0), { ignoreIndex: 0 }),
})
