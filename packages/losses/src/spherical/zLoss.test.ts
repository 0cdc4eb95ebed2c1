import { fc, test } from '@fast-check/vitest'
import { grad, mean, oneHot, relu, sigmoid, sizeOf, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { type ZLossOptions, zLoss } from './zLoss.ts'

// For differences logits of a row must be well apart, and more than two, of which the gradient is but round-off.
const spread = classified((shape) => {
  const K = shape.at(-1) as number
  const row = fc.uniqueArray(fc.integer({ min: -10, max: 10 }), { minLength: K, maxLength: K })
  const count = sizeOf(shape) / K
  return fc.array(row, { minLength: count, maxLength: count }).map((rows) =>
    tensor(
      Float64Array.from(rows.flat(), (n) => n / 4),
      { shape },
    ),
  )
}, 3)
const distinct = classified((shape) => tensors(shape, { distinct: true }), 2)
const scales = fc.record({ a: fc.constantFrom(0.25, 1, 2, 5), b: fc.constantFrom(-1, 0, 1.5) })
const options: ZLossOptions = { a: 2, b: 1.5 }
const K = (z: Tensor): number => z.shape.at(-1) as number
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, K(z), { dtype: 'f64' })
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

function standardized(z: Tensor): { readonly sigma: Tensor; readonly scores: Tensor } {
  const centred = z.sub(mean(z, { axis: -1, keepDims: true }))
  const sigma = mean(centred.square(), { axis: -1, keepDims: true }).sqrt()
  return { sigma, scores: centred.div(sigma) }
}

describeLoss(zLoss, {
  name: 'zLoss',
  args: classified(),
  smooth: spread,
  laws: {
    'lies within what the score can be': (z, y) => {
      const most = Math.sqrt(K(z) - 1)
      laws.bounded(zLoss, { min: softplus(-most), max: softplus(most), tolerance: 1e-12 })(z, y)
    },
    'does not change when classes change places': laws.invariant(zLoss, classesReversed, { tolerance: 1e-9 }),
    'is softplus(a b) / a, with gradient 0, where all logits are equal': (z, y) => {
      const equal = z.mul(0).add(0.1)
      expectClose(zLoss(equal, y, options), softplus(3) / 2)
      for (const eps of [0, 1e-12]) expectClose(grad((x: Tensor) => sum(zLoss(x, y, { ...options, eps })))(equal), 0, 0)
    },
  },
})

describe('zLoss', () => {
  test.prop([distinct, scales])('is softplus of the standardized logit of the label', ([z, y], { a, b }) => {
    const score = sum(standardized(z).scores.mul(hits(z, y)), { axis: -1 })
    const expected = values(score).map((s) => softplus(a * (b - s)) / a)
    expectClose(zLoss(z, y, { a, b }), tensor(new Float64Array(expected), { shape: y.shape }), 1e-8)
  })

  test.prop([distinct, scales])('changes neither with a shift nor with a scale', ([z, y], { a, b }) => {
    const loss = (z: Tensor, y: Tensor): Tensor => zLoss(z, y, { a, b, eps: 0 })
    laws.shiftInvariant(loss)(z, y)
    laws.homogeneous(loss, { degree: 0, factors: [0.1, 3, 1000] })(z, y)
  })

  test.prop([distinct, scales])(
    'has the documented gradient, orthogonal to 1 and to the logits',
    ([z, y], { a, b }) => {
      const gradient = grad((x: Tensor) => sum(zLoss(x, y, { a, b, eps: 0 })))(z)
      const { sigma, scores } = standardized(z)
      const score = sum(scores.mul(hits(z, y)), { axis: -1, keepDims: true })
      const slope = sigmoid(score.neg().add(b).mul(a)).div(sigma)
      const direction = hits(z, y)
        .sub(1 / K(z))
        .sub(scores.mul(score).div(K(z)))
      expectClose(gradient, slope.mul(direction).neg(), 1e-10)
      expectClose(sum(gradient, { axis: -1 }), 0, 1e-10)
      expectClose(sum(gradient.mul(z), { axis: -1 }), 0, 1e-10)
    },
  )

  test.prop([distinct])('tends to the hinge max(0, b − z̃) as a grows', ([z, y]) => {
    const hinge = (z: Tensor, y: Tensor): Tensor =>
      relu(
        sum(standardized(z).scores.mul(hits(z, y)), { axis: -1 })
          .neg()
          .add(0.5),
      )
    const family = (a: number) => (z: Tensor, y: Tensor) => zLoss(z, y, { a, b: 0.5 })
    laws.tendsTo(family, hinge, { along: [10, 1e3, 1e5, 1e8], tolerance: 1e-8 })(z, y)
  })

  test.prop([spread, scales], runs(0.25))(
    'has derivatives that agree with differences for any a, b',
    ([z, y], { a, b }) => {
      checkGradients((x: Tensor) => zLoss(x, y, { a, b }), [z])
    },
  )

  it('knows two classes only by which is greater', () => {
    const y = tensor([0, 0, 1], { dtype: 'i32' })
    const losses = values(
      zLoss(
        tensor([
          [1, 2],
          [-50, 3],
          [0, 1e-3],
        ]),
        y,
      ),
    )
    for (const [i, s] of [-1, -1, 1].entries()) expect(losses[i]).toBeCloseTo(softplus(-s), 6)
  })

  it('does not hide NaN', () => {
    expect(values(zLoss(tensor([Number.NaN, 1]), tensor(1, { dtype: 'i32' })))).toEqual([Number.NaN])
  })

  it('keeps equal logits apart from nearly equal ones, in f32', () => {
    const y = tensor([0, 0], { dtype: 'i32' })
    const [equal, nearly] = values(
      zLoss(
        tensor([
          [0.1, 0.1, 0.1],
          [0.1, 0.0999, 0.0999],
        ]),
        y,
      ),
    ) as [number, number]
    expect(equal).toBeCloseTo(Math.LN2, 6)
    expect(nearly).toBeCloseTo(softplus(-Math.SQRT2), 3)
  })
})

describeErrors('zLoss', {
  'zLoss: a must be a finite number greater than 0, got 0.': () =>
    zLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { a: 0 }),
  'zLoss: eps must be at least 0, got -1.': () => zLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { eps: -1 }),
  'zLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    zLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
})
