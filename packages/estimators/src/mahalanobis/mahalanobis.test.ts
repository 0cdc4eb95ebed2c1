import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  argMax,
  eye,
  grad,
  matmul,
  mean,
  solve,
  sum,
  type Tensor,
  tanh,
  tensor,
  useBackend,
  zeros,
} from '@wengert/core'
import { checkGradients, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type MahalanobisFit,
  mahalanobisClassScores,
  mahalanobisEnsemble,
  mahalanobisEnsembleObjective,
  mahalanobisFit,
  mahalanobisPreprocess,
  mahalanobisScore,
} from '../index.ts'

beforeAll(() => useBackend(cpu()))

const [K, D] = [3, 2]
const spread = { min: -4, max: 4 }
/** Features, a few for each class. */
const trained = fc.integer({ min: 9, max: 15 }).chain((N) =>
  fc.record({
    features: tensors([N, D], spread),
    labels: fc.constant(
      tensor(
        Array.from({ length: N }, (_, i) => i % K),
        { dtype: 'i32' },
      ),
    ),
  }),
)
const fitted = trained.map((at) => ({ ...at, model: mahalanobisFit(at.features, at.labels, { classes: K }) }))
/** How far from singular the covariance is. */
const isRound = ({ covariance }: MahalanobisFit): boolean => {
  const [a = 0, b = 0, , d = 0] = values(covariance)
  return a * d - b * b > 1e-2 * (a + d) ** 2
}
const round = fitted.filter(({ model }) => isRound(model))

describe('mahalanobisFit', () => {
  test.prop([fitted])('has a covariance and a precision that are pseudo-inverse to one another', ({ model }) => {
    const { covariance: S, precision: P } = model
    expectClose(matmul(matmul(P, S), P), P, 1e-7)
    expectClose(matmul(matmul(S, P), S), S, 1e-9)
    expectClose(P, P.transpose(), 1e-9)
  })

  it('has rank-deficient covariances pseudo-inverted', () => {
    const features = tensor(
      [
        [1, 1, 5],
        [2, 2, 5],
        [3, 3, 5],
        [4, 4, 5],
      ],
      { dtype: 'f64' },
    )
    const { precision } = mahalanobisFit(features, zeros([4], { dtype: 'i32' }), { classes: 1 })
    expectClose(
      precision,
      tensor(
        [
          [0.2, 0.2, 0],
          [0.2, 0.2, 0],
          [0, 0, 0],
        ],
        { dtype: 'f64' },
      ),
      1e-12,
    )
  })

  test.prop([trained])('has the means of the classes, and their scatter about them', ({ features, labels }) => {
    const { means, covariance } = mahalanobisFit(features, labels, { classes: K })
    const [f, y, m] = [values(features), values(labels), values(means)]
    const rows = y.map((k, i) =>
      Array.from({ length: D }, (_, d) => (f[i * D + d] as number) - (m[k * D + d] as number)),
    )
    const scatter = [0, 1].flatMap((a) =>
      [0, 1].map((b) => rows.reduce((t, r) => t + (r[a] as number) * (r[b] as number), 0) / y.length),
    )
    expectClose(covariance, tensor(scatter, { shape: [D, D], dtype: 'f64' }), 1e-12)
    for (let k = 0; k < K; k++)
      for (let d = 0; d < D; d++)
        expect(rows.reduce((t, r, i) => t + (y[i] === k ? (r[d] as number) : 0), 0)).toBeCloseTo(0, 9)
  })
})

describe('mahalanobisScore', () => {
  test.prop([round, tensors([5, D], spread)])('is at most 0, and 0 at a class mean', ({ model }, x) => {
    for (const score of values(mahalanobisScore(x, model))) expect(score).toBeLessThanOrEqual(1e-12)
    expectClose(mahalanobisScore(model.means, model), zeros([K], { dtype: 'f64' }), 1e-12)
  })

  test.prop([round, tensors([4, D], spread), tensors([2, 2], spread), tensors([2], spread)])(
    'does not change when all features are mapped by an invertible affine map',
    ({ features, labels, model }, x, a, b) => {
      const map = (f: Tensor): Tensor => matmul(f, a.mul(0.1).add(eye(2, { dtype: 'f64' }).mul(2))).add(b)
      const mapped = mahalanobisFit(map(features), labels, { classes: K })
      expectClose(mahalanobisScore(map(x), mapped), mahalanobisScore(x, model), 1e-6)
    },
  )

  test.prop([round, tensors([4, D], spread)])('predicts as the linear discriminant does', ({ model }, x) => {
    const { means, precision } = model
    const slopes = matmul(means, precision)
    const logits = matmul(x, slopes.transpose()).sub(sum(slopes.mul(means), { axis: -1 }).mul(0.5))
    const each = mahalanobisClassScores(x, model)
    const [a, b] = [values(argMax(each)), values(argMax(logits))]
    const at = values(each)
    // Two classes as near as round-off tells may be taken for one another.
    a.forEach((k, i) => void expect(at[i * K + (b[i] as number)]).toBeCloseTo(at[i * K + k] as number, 6))
  })

  test.prop([tensors([4, D], spread), tensors([K, D], spread)])(
    'is minus half the squared distance to the nearest mean for a precision of 1',
    (x, means) => {
      const score = mahalanobisScore(x, { means, precision: eye(D, { dtype: 'f64' }) })
      const [f, m] = [values(x), values(means)]
      const nearest = Array.from({ length: 4 }, (_, i) =>
        Math.min(
          ...Array.from({ length: K }, (_, k) =>
            Array.from({ length: D }, (_, d) => ((f[i * D + d] as number) - (m[k * D + d] as number)) ** 2).reduce(
              (s, v) => s + v,
            ),
          ),
        ),
      )
      expectClose(
        score,
        tensor(
          nearest.map((d) => -d / 2),
          { dtype: 'f64' },
        ),
        1e-12,
      )
      expectClose(
        mahalanobisScore(x, { means, precision: eye(D, { dtype: 'f64' }) }, { half: false }),
        score.mul(2),
        1e-14,
      )
    },
  )

  it('gives the lowest of several nearest classes the gradient, and nothing to the others', () => {
    const model = { means: tensor([[-1], [1]], { dtype: 'f64' }), precision: eye(1, { dtype: 'f64' }) }
    expect(values(grad((x: Tensor) => sum(mahalanobisScore(x, model)))(zeros([1, 1], { dtype: 'f64' })))).toEqual([-1])
  })

  test.prop([round, tensors([3, D], spread)], runs(0.2))(
    'has right gradients',
    ({ model: { means, precision } }, x) => {
      checkGradients(
        (x: Tensor, m: Tensor, p: Tensor) => mahalanobisClassScores(x, { means: m, precision: p }),
        [x, means, precision],
      )
    },
  )
})

describe('mahalanobisPreprocess', () => {
  test.prop([round, tensors([3, D], spread)])(
    'never lowers the score of linear features by a small step',
    ({ model }, x) => {
      const magnitude = 1e-6
      const moved = mahalanobisPreprocess(x, (f) => f.mul(2), model, { magnitude })
      const [before, after] = [mahalanobisScore(x.mul(2), model), mahalanobisScore(moved.mul(2), model)]
      values(after.sub(before)).forEach((gain) => void expect(gain).toBeGreaterThan(-1e-9))
      for (const step of values(moved.sub(x))) expect(Math.abs(step)).toBeCloseTo(magnitude, 12)
      expect(values(mahalanobisPreprocess(x, tanh, model, { magnitude: 0 }))).toEqual(values(x))
    },
  )
})

describe('mahalanobisEnsemble', () => {
  const scores = tensors([8, 2], { min: -2, max: 2 })
  const labels = tensor([0, 1, 0, 1, 1, 0, 0, 1])

  test.prop([scores, fc.constantFrom(0.01, 1, 100)], runs(0.3))('is where the objective has no slope', (s, C) => {
    const model = mahalanobisEnsemble(s, labels, { C })
    const slopes = grad((m: typeof model) => mahalanobisEnsembleObjective(s, labels, m, { C }))(model)
    for (const slope of [...values(slopes.weight), ...values(slopes.bias)])
      expect(Math.abs(slope)).toBeLessThan(1e-8 * C + 1e-9)
  })

  it('has a solution for kinds that are separable', () => {
    const s = tensor([-3, -2, 2, 3], { dtype: 'f64' }).expandDims(-1)
    const { weight, bias } = mahalanobisEnsemble(s, tensor([0, 0, 1, 1]), { C: 1e3 })
    expect(values(weight)[0]).toBeGreaterThan(1)
    expect(Math.abs(values(bias)[0] as number)).toBeLessThan(1e-9)
  })

  it('can be differentiated', { timeout: 60_000 }, () => {
    const s = tensor(
      [
        [-1, 2],
        [3, 0.5],
        [0.25, -2],
        [1, 1],
      ],
      { dtype: 'f64' },
    )
    checkGradients((s: Tensor) => mahalanobisEnsemble(s, tensor([0, 1, 1, 0])), [s], { order: 1 })
  })

  it('is found in f32 as well', () => {
    const s = tensor([
      [-1, 2],
      [3, 0.5],
      [0.25, -2],
      [1, 1],
    ])
    const y = tensor([0, 1, 1, 0])
    const exact = mahalanobisEnsemble(s.cast('f64'), y)
    expectClose(mahalanobisEnsemble(s, y).weight, exact.weight.cast('f32'), 1e-5)
    expect(mean(solve(eye(1), exact.bias.reshape([1, 1]).cast('f32'))).item()).toBeCloseTo(
      mahalanobisEnsemble(s, y).bias.item(),
      4,
    )
  })
})

const model = { means: zeros([2, 2]), precision: eye(2) }
describeErrors('mahalanobis', {
  'mahalanobisFit: labels must be class indices from 0 to 1, got 2 at [1].': () =>
    mahalanobisFit(zeros([2, 1]), tensor([0, 2], { dtype: 'i32' }), { classes: 2 }),
  'mahalanobisFit: labels must hold each of the 2 classes, got none of class 1. Use fewer classes, or more examples.':
    () => mahalanobisFit(zeros([2, 1]), tensor([0, 0], { dtype: 'i32' }), { classes: 2 }),
  'mahalanobisFit: classes must be an integer of at least 1, got 0.': () =>
    mahalanobisFit(zeros([2, 1]), zeros([2], { dtype: 'i32' }), { classes: 0 }),
  "mahalanobisScore: features must be f32 or f64, got i32 [1, 2]. Cast it, e.g. features.cast('f32').": () =>
    mahalanobisScore(zeros([1, 2], { dtype: 'i32' }), model),
  "mahalanobisFit: features must be f32 or f64, got f16 [2, 1]. Cast it, e.g. features.cast('f32').": () =>
    mahalanobisFit(zeros([2, 1], { dtype: 'f16' }), zeros([2], { dtype: 'i32' }), { classes: 1 }),
  'mahalanobisPreprocess: magnitude must be a finite number of at least 0, got -1.': () =>
    mahalanobisPreprocess(zeros([1, 2]), (x) => x, model, { magnitude: -1 }),
  'mahalanobisEnsemble: labels must hold both 0 and 1, got 1 alone. Add other examples.': () =>
    mahalanobisEnsemble(zeros([2, 1]), tensor([1, 1])),
  'mahalanobisEnsemble: labels must be 0 or 1, got -1 at [0]. Signs become such labels with labels.greater(0).': () =>
    mahalanobisEnsemble(zeros([2, 1]), tensor([-1, 1])),
  'mahalanobisEnsemble: C must be a finite number greater than 0, got 0.': () =>
    mahalanobisEnsemble(zeros([2, 1]), tensor([0, 1]), { C: 0 }),
})
