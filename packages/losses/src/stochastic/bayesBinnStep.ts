import {
  checkCount,
  checkOption,
  dims,
  mean,
  ShapeError,
  sameShape,
  showShape,
  sigmoid,
  type Tensor,
  tanh,
} from '@wengert/core'
import { checkFloats, checkTensors } from '../check.ts'
import { type Draws, uniformsOf } from './draws.ts'

export interface BayesBinnState {
  /** Natural parameters λ of the weights' distributions, [...P]; tanh(λ) is the mean weight. */
  readonly lambda: Tensor
  /** Running mean of the natural gradient, [...P]. */
  readonly momentum: Tensor
  /** Steps taken, a scalar. */
  readonly step: Tensor
}

export interface BayesBinnSample {
  /** Soft weights in (−1, 1) at which to take the gradient of the loss, [S, ...P]. */
  readonly weights: Tensor
  /** What makes a weight's gradient one of the natural parameter, [S, ...P]. */
  readonly scale: Tensor
}

export interface BayesBinnWeightsOptions {
  /** Greater than 0; towards 0 weights become binary. @default 1 */
  readonly temperature?: number
  /** How many draws of all weights, S. @default 1 */
  readonly samples?: number
}

/**
 * Draws soft binary weights for bayesBinnStep.
 *
 *     w = tanh((λ + ½ log(u / (1 − u))) / temperature),   u uniform from a key, or given in (0, 1)
 *     scale = (1 − w² + 10⁻¹⁰) / (temperature (1 − tanh²(λ) + 10⁻¹⁰))
 *
 * 1 − w² is formed without cancellation, so it keeps its digits where weights saturate. For prediction take tanh(λ) or its sign.
 *
 * Shapes: lambda [...P], draws given [S, ...P] → weights and scale [S, ...P].
 * Gradient: of weights 1 − w² over the temperature with respect to lambda; bayesBinnStep needs none.
 * Source: Meng, Bachmann, Khan, arXiv 2002.10778 (2020), form of the authors' code; equation numbers UNVERIFIED.
 *
 * @example bayesBinnWeights(tensor([[0.5]]), tensor([1])).weights.item() // 0.761594
 */
export function bayesBinnWeights(
  from: Draws,
  lambda: Tensor,
  { temperature = 1, samples = 1 }: BayesBinnWeightsOptions = {},
): BayesBinnSample {
  const fn = 'bayesBinnWeights'
  checkTensors(fn, { lambda })
  checkFloats(fn, { lambda })
  checkOption(fn, 'temperature', temperature, temperature > 0, 'greater than 0')
  checkCount(fn, 'samples', samples, 1)
  const u = uniformsOf(
    fn,
    from,
    'k0' in from ? [samples, ...lambda.shape] : [from.shape[0] ?? 1, ...lambda.shape],
    lambda,
  )
  const noise = u.log().sub(u.neg().add(1).log()).div(2)
  const inner = lambda.add(noise).div(temperature)
  return { weights: tanh(inner), scale: slope(inner).add(tiny).div(slope(lambda).add(tiny).mul(temperature)) }
}

const tiny = 1e-10

/** 1 − tanh²(x). */
const slope = (x: Tensor): Tensor =>
  sigmoid(x.mul(2))
    .mul(sigmoid(x.mul(-2)))
    .mul(4)

export interface BayesBinnOptions {
  /** @default 0.001 */
  readonly learningRate?: number
  /** Share of the momentum that is kept, from 0 to less than 1. @default 0 */
  readonly beta?: number
  /** Number of training examples, as gradients are of the mean loss. */
  readonly trainSetSize: number
  /** Weight of the prior, at least 0. @default 1 */
  readonly reweight?: number
  /** Natural parameters of the prior, [...P]: those learnt on a task before, say. @default 0 */
  readonly priorLambda?: Tensor
}

/**
 * A step of BayesBiNN, which trains the distribution of binary weights by the Bayesian learning rule. Use it for networks with weights
 * −1 and 1, where the gradient of the loss is taken at the weights of bayesBinnWeights.
 *
 *     ĝ = trainSetSize · mean over samples of scale · weight gradient
 *     m = beta m + (1 − beta) (ĝ + reweight (λ − λ_prior))
 *     λ = λ − learningRate · m / (1 − beta^step),   step counted from 1
 *
 * Without draws, hand in weights tanh(λ) and scale 1. Start from λ of ±10, say, m = 0 and step = 0. The authors' code takes
 * tanh(λ) of the step before in the scale; this takes that of the present λ.
 *
 * Shapes: state [...P], sample and weightGradients [S, ...P] → the next state and naturalGradient ĝ [...P].
 * Gradient: it is a step of training and not meant to be differentiated; it can be.
 * Source: Meng, Bachmann, Khan, arXiv 2002.10778 (2020), form of the authors' code; equation numbers UNVERIFIED.
 *
 * @example const zero = tensor([0])
 * const sample = bayesBinnWeights(tensor([[0.5]]), zero)
 * const options = { trainSetSize: 10, learningRate: 0.1 }
 * bayesBinnStep({ lambda: zero, momentum: zero, step: tensor(0) }, sample, tensor([[2]]), options).lambda.item() // -2.0
 */
export function bayesBinnStep(
  { lambda, momentum, step }: BayesBinnState,
  { scale }: Pick<BayesBinnSample, 'scale'>,
  weightGradients: Tensor,
  { trainSetSize, learningRate = 0.001, beta = 0, reweight = 1, priorLambda }: BayesBinnOptions,
): BayesBinnState & { readonly naturalGradient: Tensor } {
  const fn = 'bayesBinnStep'
  const prior = priorLambda ?? lambda.mul(0)
  dims(fn, { lambda, momentum, priorLambda: prior, step }, '...P, ...P, ...P, ')
  checkTensors(fn, { scale, weightGradients })
  for (const [name, { shape }] of Object.entries({ scale, weightGradients }))
    if (shape.length === 0 || !sameShape(shape.slice(1), lambda.shape) || shape[0] !== scale.shape[0])
      throw new ShapeError(
        `${fn}: ${name} must have shape [S, ...P] with S samples of lambda ${showShape(lambda.shape)}, got ${showShape(shape)}.`,
      )
  checkFloats(fn, { lambda, momentum, scale, weightGradients })
  checkOption(fn, 'trainSetSize', trainSetSize, trainSetSize > 0, 'greater than 0')
  checkOption(fn, 'learningRate', learningRate, learningRate >= 0, 'at least 0')
  checkOption(fn, 'beta', beta, beta >= 0 && beta < 1, 'from 0 to less than 1')
  checkOption(fn, 'reweight', reweight, reweight >= 0, 'at least 0')
  const naturalGradient = mean(scale.mul(weightGradients), { axis: 0 }).mul(trainSetSize)
  const pull = naturalGradient.add(lambda.sub(prior).mul(reweight))
  const next = momentum.mul(beta).add(pull.mul(1 - beta))
  const count = step.add(1)
  const correction = beta === 0 ? 1 : count.cast(lambda.dtype).mul(Math.log(beta)).exp().neg().add(1)
  return { lambda: lambda.sub(next.div(correction).mul(learningRate)), momentum: next, step: count, naturalGradient }
}
