import { fc, test } from '@fast-check/vitest'
import { grad, jacobian, key, mean, sum, type Tensor, tanh, tensor, uniform, zeros } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { type BayesBinnState, bayesBinnStep, bayesBinnWeights } from './bayesBinnStep.ts'

const uniforms = fc
  .array(fc.integer({ min: 1, max: 1023 }), { minLength: 6, maxLength: 6 })
  .map((list) => tensor(list, { shape: [2, 3], dtype: 'f64' }).div(1024))
const vector = tensors([3], { min: -4, max: 4 })
const start = (lambda: Tensor, momentum: Tensor = lambda.mul(0)): BayesBinnState => ({
  lambda,
  momentum,
  step: tensor(0),
})

describe('bayesBinnWeights', () => {
  test.prop([vector, uniforms])('draws weights between −1 and 1', (lambda, u) => {
    laws.bounded((l: Tensor) => bayesBinnWeights(u, l).weights, { min: -1, max: 1 })(lambda)
  })

  test.prop([vector, uniforms, fc.integer({ min: 2, max: 8 }).map((n) => n / 4)])(
    'has as scale the slope of the weights by λ over that of the mean',
    (lambda, u, temperature) => {
      const first = u.slice([0, 0], [1, 3])
      const { weights, scale } = bayesBinnWeights(first, lambda, { temperature })
      const slopes = grad((l: Tensor) => sum(bayesBinnWeights(first, l, { temperature }).weights))(lambda)
      const means = tanh(lambda).square().neg().add(1)
      fc.pre(values(means).every((m) => m > 1e-2) && values(weights).every((w) => Math.abs(w) < 0.999))
      expectClose(scale.squeeze(0), slopes.div(means), 1e-6)
    },
  )

  it('keeps the digits of 1 − w² where weights saturate', () => {
    const { scale } = bayesBinnWeights(tensor([[0.5]], { dtype: 'f64' }), tensor([10], { dtype: 'f64' }), {
      temperature: 1,
    })
    expect(value(scale)).toBeCloseTo(1, 12)
  })

  it('draws as many samples as told, with the mean tanh(λ) of their signs', () => {
    const lambda = tensor([-1, 0, 0.5])
    const { weights } = bayesBinnWeights(key(1), lambda, { samples: 20000 })
    expect(weights.shape).toEqual([20000, 3])
    expectClose(mean(weights.greater(0).cast('f32').mul(2).sub(1), { axis: 0 }), tanh(lambda), 0.02)
  })
})

describe('bayesBinnStep', () => {
  test.prop([vector, vector, uniforms])('without gradients decays λ towards the prior', (lambda, priorLambda, u) => {
    const sample = bayesBinnWeights(u, lambda)
    const options = { trainSetSize: 5, learningRate: 0.25, priorLambda }
    const next = bayesBinnStep(start(lambda), sample, u.mul(0), options)
    expectClose(next.lambda, lambda.mul(0.75).add(priorLambda.mul(0.25)))
  })

  test.prop([vector, uniforms, uniforms])('is a step of the mean over samples', (lambda, u, g) => {
    const sample = bayesBinnWeights(u, lambda)
    const options = { trainSetSize: 7, reweight: 0 }
    const whole = bayesBinnStep(start(lambda), sample, g, options).naturalGradient
    const parts = [0, 1].map((i) => {
      const only = (x: Tensor): Tensor => x.slice([i, 0], [i + 1, 3])
      return bayesBinnStep(start(lambda), { scale: only(sample.scale) }, only(g), options).naturalGradient
    }) as [Tensor, Tensor]
    expectClose(whole, parts[0].add(parts[1]).div(2), 1e-11)
  })

  test.prop([vector, uniforms, fc.integer({ min: 0, max: 9 }).map((n) => n / 10)])(
    'takes for its first step the same λ for any beta, as momentum is corrected',
    (lambda, u, beta) => {
      const sample = bayesBinnWeights(u, lambda)
      const by = (b: number): Tensor =>
        bayesBinnStep(start(lambda), sample, u, { trainSetSize: 3, learningRate: 0.1, beta: b }).lambda
      expectClose(by(beta), by(0), 1e-11)
    },
  )

  it('counts its steps', () => {
    const zero = zeros([1])
    let state = start(zero)
    for (let i = 0; i < 3; i++)
      state = bayesBinnStep(state, { scale: zeros([1, 1]) }, zeros([1, 1]), { trainSetSize: 1, beta: 0.5 })
    expect(value(state.step)).toBe(3)
  })

  it('learns binary weights', () => {
    // The loss ‖w − t‖² is least at the binary target t.
    const target = tensor([1, -1, -1, 1])
    let state = start(zeros([4]), zeros([4]))
    for (let step = 0; step < 60; step++) {
      const sample = bayesBinnWeights(uniform(key(step), [1, 4]).mul(0.98).add(0.01), state.lambda)
      const gradients = sample.weights.sub(target).mul(2)
      const {
        lambda,
        momentum,
        step: count,
      } = bayesBinnStep(state, sample, gradients, { trainSetSize: 10, learningRate: 0.05, beta: 0.5 })
      state = {
        lambda: tensor(values(lambda)),
        momentum: tensor(values(momentum)),
        step: tensor(values(count)[0] as number),
      }
    }
    expect(values(state.lambda).map(Math.sign)).toEqual([1, -1, -1, 1])
    for (const m of values(tanh(state.lambda))) expect(Math.abs(m)).toBeGreaterThan(0.8)
  })

  it('stays finite at λ = ±1e4 in f32', () => {
    const lambda = tensor([1e4, -1e4])
    const sample = bayesBinnWeights(key(0), lambda)
    const next = bayesBinnStep(start(lambda), sample, tensor([[1, -1]]), { trainSetSize: 100 })
    expect([...values(next.lambda), ...values(sample.scale)].every(Number.isFinite)).toBe(true)
    const J = jacobian((l: Tensor) => bayesBinnWeights(tensor([[0.25, 0.75]]), l).weights)(lambda) as Tensor
    expect(values(J).map(Math.abs)).toEqual([0, 0, 0, 0])
  })
})

const one = zeros([1])
describeErrors('bayesBinnStep', {
  'bayesBinnWeights: temperature must be greater than 0, got 0.': () =>
    bayesBinnWeights(key(0), one, { temperature: 0 }),
  'bayesBinnWeights: samples must be an integer of at least 1, got 0.': () =>
    bayesBinnWeights(key(0), one, { samples: 0 }),
  'bayesBinnStep: beta must be from 0 to less than 1, got 1.': () =>
    bayesBinnStep(start(one), { scale: zeros([1, 1]) }, zeros([1, 1]), { trainSetSize: 1, beta: 1 }),
  'bayesBinnStep: weightGradients must have shape [S, ...P] with S samples of lambda [1], got [1].': () =>
    bayesBinnStep(start(one), { scale: zeros([1, 1]) }, zeros([1]), { trainSetSize: 1 }),
})
