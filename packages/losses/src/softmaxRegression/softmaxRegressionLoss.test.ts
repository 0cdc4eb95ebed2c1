import { fc, test } from '@fast-check/vitest'
import { grad, hessian, matmul, norm, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { softmaxRegressionHessian, softmaxRegressionLoss } from './softmaxRegressionLoss.ts'

type Arguments = [a: Tensor, x: Tensor, b: Tensor]
const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const problems = (
  keys: typeof tensors | typeof logits = tensors,
  batch: readonly number[] = [2],
): fc.Arbitrary<Arguments> =>
  fc
    .constantFrom([1, 2], [3, 1], [4, 2])
    .chain(([N = 1, D = 1]) =>
      fc.tuple(
        keys([...batch, N, D]),
        tensors([...batch, D], { min: -2, max: 2 }),
        tensors([...batch, N], { min: -1, max: 1 }),
      ),
    )
const one = problems(tensors, [])
const forms = [{}, { half: false }, { squared: false }] as const

/** The prediction and its error in plain numbers. */
function plainError(a: number[], x: number[], b: number[]): number[] {
  const scores = b.map((_, n) => x.reduce((sum, v, d) => sum + v * (a[n * x.length + d] as number), 0))
  const greatest = Math.max(...scores)
  const total = scores.reduce((sum, s) => sum + Math.exp(s - greatest), 0)
  return scores.map((s, n) => Math.exp(s - greatest) / total - (b[n] as number))
}

describeLoss(softmaxRegressionLoss, {
  name: 'softmaxRegressionLoss',
  args: problems(logits),
  smooth: problems(),
  share: 0.5,
  laws: {
    'does not change when keys are shifted together': laws.invariant(softmaxRegressionLoss, (a, x, b) => [
      a.add(x.expandDims(-2)),
      x,
      b,
    ]),
    'is at most ½ (1 + ‖b‖)²': (a, x, b) => {
      const bound = norm(b, { axis: -1 }).add(1).square().mul(0.5)
      laws.bounded(() => bound.sub(softmaxRegressionLoss(a, x, b)), { min: 0, tolerance: 1e-12 })()
    },
  },
})

describe('softmaxRegressionLoss', () => {
  test.prop([one], runs(0.5))('is its formula in plain numbers', ([a, x, b]) => {
    const squares = plainError(values(a), values(x), values(b)).reduce((sum, c) => sum + c * c, 0)
    expect(value(softmaxRegressionLoss(a, x, b))).toBeCloseTo(squares / 2, 12)
    expect(value(softmaxRegressionLoss(a, x, b, { half: false }))).toBeCloseTo(squares, 12)
    expect(value(softmaxRegressionLoss(a, x, b, { squared: false }))).toBeCloseTo(Math.sqrt(squares), 12)
  })

  test.prop([one], runs(0.5))('has the documented gradients, bounded by ½ ‖A‖ ‖c‖', ([a, x, b]) => {
    const f = softmax(matmul(a, x))
    const c = f.sub(b)
    const jc = f.mul(c).sub(f.mul(sum(f.mul(c))))
    const [byA, byX, byB] = grad((z: readonly Tensor[]) => softmaxRegressionLoss(...(z as Arguments)))([
      a,
      x,
      b,
    ]) as Arguments
    expectClose(byA, jc.expandDims(1).mul(x))
    expectClose(byX, matmul(jc, a))
    expectClose(byB, c.neg())
    const bound = 0.5 * value(norm(a.reshape([-1]))) * value(norm(c))
    expect(value(norm(byX))).toBeLessThanOrEqual(bound + 1e-12)
  })

  it('has its least value 0 with gradient 0 where the prediction is right', () => {
    const a = tensor(
      [
        [1, 2],
        [0, -1],
        [3, 1],
      ],
      { dtype: 'f64' },
    )
    const x = f64(0.5, -0.25)
    const b = tensor(Float64Array.from(values(softmax(matmul(a, x)))))
    for (const options of forms) {
      const loss = (x: Tensor): Tensor => softmaxRegressionLoss(a, x, b, options)
      expect(value(loss(x))).toBe(0)
      expect(values(grad(loss)(x)).map(Math.abs)).toEqual([0, 0])
    }
    expect(values(softmaxRegressionHessian(a, x, b, { squared: false }))).toEqual([0, 0, 0, 0])
  })
})

describe('softmaxRegressionHessian', () => {
  test.prop([one], runs(0.3))('is what differentiating twice gives', ([a, x, b]) => {
    // Without a distance there is no second derivative of it.
    fc.pre(value(norm(softmax(matmul(a, x)).sub(b))) > 1e-3)
    for (const options of forms)
      expectClose(
        softmaxRegressionHessian(a, x, b, options),
        hessian((z: Tensor) => softmaxRegressionLoss(a, z, b, options))(x) as Tensor,
        1e-9,
      )
  })

  test.prop([problems()], runs(0.3))('gives a batch the Hessians of its examples', (problem) => {
    for (const options of forms)
      laws.exampleWise((...args: Arguments) => softmaxRegressionHessian(...args, options))(...problem)
  })

  it('need not be positive definite', () => {
    const bent = softmaxRegressionHessian(tensor([[1], [0]], { dtype: 'f64' }), f64(3), f64(0, 1))
    expect(value(bent)).toBeLessThan(0)
  })
})

describeErrors('softmaxRegressionLoss', {
  'softmaxRegressionLoss: x must have shape [...B, D], got [2] (...B = [], N = 2, D = 1). Expected a [...B, N, D], x [...B, D], b [...B, N].':
    () => softmaxRegressionLoss(tensor([[1], [0]]), f64(0, 1), f64(1, 0)),
  'softmaxRegressionHessian: b must be a tensor, got an array. Wrap data with tensor(…).': () =>
    softmaxRegressionHessian(tensor([[1]]), f64(0), [1] as unknown as Tensor),
})
