import { fc, test } from '@fast-check/vitest'
import { full, matmul, sum, type Tensor, take, tensor, zeros } from '@wengert/core'
import { checkGradients, labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, overLabels, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { largeMarginGaussianMixtureLoss } from './largeMarginGaussianMixtureLoss.ts'

const means = tensor(
  [
    [0, 1],
    [2, -1],
    [-1.5, -0.5],
  ],
  { dtype: 'f64' },
)
const loss = (x: Tensor, y: Tensor): Tensor => largeMarginGaussianMixtureLoss(x, y, { means: means.cast(x.dtype) })
const batch = (of: typeof tensors): fc.Arbitrary<[Tensor, Tensor]> =>
  fc.integer({ min: 1, max: 4 }).chain((B) => fc.tuple(of([B, 2]), labels([B], 3)))
const params = fc.record({
  means: tensors([3, 2], { min: -4, max: 4 }),
  logVariances: tensors([3, 2], { min: -2, max: 2 }),
  priors: tensors([3], { min: 0.125, max: 1 }),
})
const close = batch((shape) => tensors(shape, { min: -4, max: 4 }))

describeLoss(loss, {
  name: 'largeMarginGaussianMixtureLoss',
  args: batch(logits),
  smooth: close,
  laws: {
    'without margin and pull is crossEntropy of −½ distance²': (x, y) => {
      const scores = sum(x.expandDims(-2).sub(means).square(), { axis: -1 }).div(-2)
      const bare = largeMarginGaussianMixtureLoss(x, y, { means }, { alpha: 0, lambda: 0 })
      expectClose(bare, crossEntropy(scores, y), 1e-11)
    },
    'does not fall as the margin grows': (x, y) => {
      const by = (alpha: number): Tensor => largeMarginGaussianMixtureLoss(x, y, { means }, { alpha })
      laws.bounded(() => by(0.3).sub(by(0.1)), { min: -1e-12 })()
    },
    'is the pull alone where there is one class': (x, y) => {
      const one = means.slice([0, 0], [1, 2])
      const pull = sum(x.sub(one).square(), { axis: -1 }).mul(0.5 * 0.01)
      expectClose(largeMarginGaussianMixtureLoss(x, y.mul(0), { means: one }), pull)
    },
  },
})

describe('largeMarginGaussianMixtureLoss', () => {
  test.prop([close])('without margin and pull is that of a linear layer with bias −½ ‖mean‖²', ([x, y]) => {
    const linear = matmul(x, means.transpose()).sub(sum(means.square(), { axis: -1 }).div(2))
    expectClose(
      largeMarginGaussianMixtureLoss(x, y, { means }, { alpha: 0, lambda: 0 }),
      crossEntropy(linear, y),
      1e-11,
    )
  })

  test.prop([close, params])('does not change when features and means are moved together', ([x, y], p) => {
    const moved = { ...p, means: p.means.add(4) }
    expectClose(largeMarginGaussianMixtureLoss(x.add(4), y, moved), largeMarginGaussianMixtureLoss(x, y, p), 1e-11)
  })

  test.prop([close, params])('is −log of the posterior by Bayes’ rule, where there is no margin', ([x, y], p) => {
    const variances = p.logVariances.exp()
    const exponents = sum(x.expandDims(-2).sub(p.means).square().div(variances), { axis: -1 }).div(-2)
    const densities = exponents
      .exp()
      .mul(p.priors)
      .div(sum(p.logVariances, { axis: -1 }).div(2).exp())
    fc.pre(values(densities).every((d) => d > 1e-200))
    const posterior = densities.div(sum(densities, { axis: -1, keepDims: true }))
    const all = overLabels(
      (_, labels) => largeMarginGaussianMixtureLoss(x, labels, p, { alpha: 0, lambda: 0 }),
      posterior,
    )
    expectClose(all, posterior.log().neg(), 1e-9)
    expect(y.shape).toEqual(all.shape.slice(0, 1))
  })

  test.prop([close, params], runs(0.25))('can be differentiated by features and parameters', ([x, y], p) => {
    checkGradients(
      (z: Tensor, q: typeof p) => largeMarginGaussianMixtureLoss(z, y, q, { alpha: 0.3, lambda: 0.1 }),
      [x, p],
    )
  })

  test.prop([close, params])('takes equal priors and unit variances by default', ([x, y], p) => {
    const given = { means: p.means, logVariances: p.logVariances.mul(0), priors: full([3], 1 / 3, { dtype: 'f64' }) }
    expectClose(largeMarginGaussianMixtureLoss(x, y, given), largeMarginGaussianMixtureLoss(x, y, { means: p.means }))
  })

  it('costs nothing at a mean far from the others', () => {
    const far = tensor(
      [
        [0, 0],
        [100, 0],
      ],
      { dtype: 'f64' },
    )
    const y = tensor([0, 1], { dtype: 'i32' })
    expect(values(largeMarginGaussianMixtureLoss(take(far, y), y, { means: far }))).toEqual([0, 0])
  })
})

describeErrors('largeMarginGaussianMixtureLoss', {
  'largeMarginGaussianMixtureLoss: means must have shape [K, D], got [3, 4] (...B = [5], D = 2, K = 3). Expected features [...B, D], labels [...B], means [K, D].':
    () => largeMarginGaussianMixtureLoss(zeros([5, 2]), zeros([5], { dtype: 'i32' }), { means: zeros([3, 4]) }),
  'largeMarginGaussianMixtureLoss: labels must be class indices from 0 to 2, got 3 at [1]. The logits have 3 classes.':
    () => largeMarginGaussianMixtureLoss(zeros([2, 2]), tensor([0, 3], { dtype: 'i32' }), { means: zeros([3, 2]) }),
  'largeMarginGaussianMixtureLoss: alpha must be a finite number of at least 0, got -0.1.': () =>
    largeMarginGaussianMixtureLoss(zeros([2]), tensor(0, { dtype: 'i32' }), { means: zeros([3, 2]) }, { alpha: -0.1 }),
})
