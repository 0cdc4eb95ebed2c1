import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { logSoftmax, type Tensor, take, tensor, useBackend, zeros } from '@wengert/core'
import { checkGradients, positives, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type GaussianNaiveBayesModel,
  gaussianNaiveBayes,
  gaussianNaiveBayesHead,
  gaussianNaiveBayesScores,
  linearScores,
} from '../index.ts'

beforeAll(() => useBackend(cpu()))

const [N, K, D] = [9, 3, 2]
const spread = { min: -4, max: 4 }
const labels = tensor([0, 1, 2, 0, 1, 2, 2, 0, 0], { dtype: 'i32' })
const kinds = fc.constantFrom('shared', 'perClass' as const)
// Variances must not be lost beside round-off.
const varEpsilon = 0.01
const options = { classes: K, varEpsilon }
const data = fc.record({ x: tensors([N, D], spread), others: tensors([4, D], spread), variance: kinds })
const part = (x: Tensor, from: number, to: number): Tensor =>
  x.slice([from, ...x.shape.slice(1).map(() => 0)], [to, ...x.shape.slice(1)])
const posterior = (x: Tensor, model: GaussianNaiveBayesModel): Tensor => logSoftmax(gaussianNaiveBayesScores(x, model))

describe('gaussianNaiveBayes', () => {
  test.prop([data], runs(0.5))('scores by the densities of Gaussians', ({ x, others, variance }) => {
    const model = gaussianNaiveBayes(x, labels, { ...options, variance })
    const [f, y, o] = [values(x), values(labels), values(others)]
    // In plain numbers, class by class and feature by feature.
    const at = (k: number, d: number): number[] => y.flatMap((l, i) => (l === k ? [f[i * D + d] as number] : []))
    const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b) / v.length
    const spreadOf = (v: readonly number[]): number => mean(v.map((u) => (u - mean(v)) ** 2))
    const own = (k: number, d: number): number => spreadOf(at(k, d)) + varEpsilon
    const pooled = (_: number, d: number): number =>
      [0, 1, 2].reduce((s, k) => s + (at(k, d).length / N) * spreadOf(at(k, d)), 0) + varEpsilon
    const wanted = Array.from({ length: 4 * K }, (_, n) => {
      const [i, k] = [Math.floor(n / K), n % K]
      return [0, 1].reduce(
        (s, d) => {
          const v = (variance === 'shared' ? pooled : own)(k, d)
          const log = variance === 'shared' ? 0 : Math.log(2 * Math.PI * v)
          return s - (((o[i * D + d] as number) - mean(at(k, d))) ** 2 / v + log) / 2
        },
        Math.log(at(k, 0).length / N),
      )
    })
    expectClose(gaussianNaiveBayesScores(others, model), tensor(wanted, { shape: [4, K], dtype: 'f64' }), 1e-9)
  })

  test.prop([data, fc.integer({ min: 1, max: N - 1 })], runs(0.5))(
    'gives the same for all examples at once, in parts and in another order',
    ({ x, variance }, at) => {
      const all = { ...options, variance }
      const whole = gaussianNaiveBayes(x, labels, all)
      const first = gaussianNaiveBayes(part(x, 0, at), part(labels, 0, at), all)
      const both = gaussianNaiveBayes(part(x, at, N), part(labels, at, N), { ...all, from: first })
      const order = tensor([3, 8, 1, 0, 5, 2, 7, 4, 6], { dtype: 'i32' })
      const mixed = gaussianNaiveBayes(take(x, order), take(labels, order), all)
      for (const name of ['counts', 'means', 'spreads', 'variance'] as const) {
        expectClose(both[name], whole[name], 1e-12)
        expectClose(mixed[name], whole[name], 1e-12)
      }
    },
  )

  test.prop([data, tensors([D], spread)], runs(0.5))(
    'minds no shift of the features',
    ({ x, others, variance }, by) => {
      const all = { ...options, variance }
      const here = posterior(others, gaussianNaiveBayes(x, labels, all))
      expectClose(posterior(others.add(by), gaussianNaiveBayes(x.add(by), labels, all)), here, 1e-9)
    },
  )

  test.prop([data, positives([D])], runs(0.5))('minds no scale of the features', ({ x, others, variance }, by) => {
    const all = { classes: K, variance, varEpsilon: 1e-300 }
    const model = gaussianNaiveBayes(x, labels, all)
    fc.pre(values(model.variance).every((v) => v > 1e-3))
    expectClose(posterior(others.mul(by), gaussianNaiveBayes(x.mul(by), labels, all)), posterior(others, model), 1e-9)
  })

  test.prop([data], runs(0.5))('is linear where classes share variances', ({ x, others }) => {
    const model = gaussianNaiveBayes(x, labels, options)
    const scores = linearScores(others, gaussianNaiveBayesHead(model))
    expectClose(logSoftmax(scores), posterior(others, model), 1e-9)
  })

  it.each(['shared', 'perClass'] as const)('gives a class without examples no probability: %s', (variance) => {
    const x = tensor([[0], [1], [4], [6]], { dtype: 'f64' })
    const model = gaussianNaiveBayes(x, tensor([0, 0, 2, 2], { dtype: 'i32' }), { ...options, variance })
    const scores = values(gaussianNaiveBayesScores(tensor([2], { dtype: 'f64' }), model))
    expect(scores.map(Number.isFinite)).toEqual([true, false, true])
    expect(scores[1]).toBe(Number.NEGATIVE_INFINITY)
    const later = gaussianNaiveBayes(x.mul(2), tensor([1, 1, 1, 0], { dtype: 'i32' }), { ...options, from: model })
    expect(values(later.counts)).toEqual([3, 3, 2])
    expectClose(later.means, tensor([[13 / 3], [10 / 3], [5]], { dtype: 'f64' }))
  })

  it('keeps the digits of features far from 0, in f32 as well', () => {
    const x = tensor([
      [1, 2],
      [3, 1],
      [2, 2],
      [6, 5],
      [7, 7],
      [8, 4],
    ])
    const y = tensor([0, 0, 0, 1, 1, 1], { dtype: 'i32' })
    const near = gaussianNaiveBayes(x, y, { classes: 2 })
    expectClose(gaussianNaiveBayes(x.add(4096), y, { classes: 2 }).variance, near.variance, 1e-3)
    expectClose(near.variance.cast('f64'), gaussianNaiveBayes(x.cast('f64'), y, { classes: 2 }).variance, 1e-6)
  })

  test.prop([data], runs(0.1))('has right gradients', ({ x, others, variance }) => {
    const score = (x: Tensor, others: Tensor): Tensor =>
      gaussianNaiveBayesScores(others, gaussianNaiveBayes(x, labels, { classes: K, variance, varEpsilon: 1 }))
    checkGradients(score, [x, others])
  })
})

const one = zeros([1], { dtype: 'i32' })
describeErrors('gaussianNaiveBayes', {
  'gaussianNaiveBayes: labels must be class indices from 0 to 1, got -1 at [0].': () =>
    gaussianNaiveBayes(zeros([1, 1]), tensor([-1], { dtype: 'i32' }), { classes: 2 }),
  'gaussianNaiveBayes: varEpsilon must be a finite number above 0, got 0.': () =>
    gaussianNaiveBayes(zeros([1, 1]), one, { classes: 2, varEpsilon: 0 }),
  "gaussianNaiveBayes: variance must be 'shared' or 'perClass', got full.": () =>
    gaussianNaiveBayes(zeros([1, 1]), one, { classes: 2, variance: 'full' as 'shared' }),
  'gaussianNaiveBayesHead: variance must have shape [D], got [2, 1] (K = 2, D = 1). Expected counts [K], means [K, D], variance [D].':
    () => gaussianNaiveBayesHead(gaussianNaiveBayes(zeros([1, 1]), one, { classes: 2, variance: 'perClass' })),
})
