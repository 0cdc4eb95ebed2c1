import { compile, matmul, sum, type Tensor, tensor, valueAndGrad, zeros } from '@wengert/core'

export type Loss = (logits: Tensor, labels: Tensor) => Tensor

/** Where gradient descent stands after a number of steps. */
export interface Checkpoint {
  readonly step: number
  /** Weights of the classes, [K, D] in row-major order. */
  readonly weights: readonly number[]
  /** The loss of these weights, summed over the examples. */
  readonly risk: number
}

export interface Descent {
  readonly features: readonly (readonly number[])[]
  readonly labels: readonly number[]
  readonly classes: number
  readonly learningRate: number
  /** The steps after which to look, ascending. */
  readonly steps: readonly number[]
}

/** Gradient descent from 0 on the sum of a loss over all examples, with nothing that holds the weights down. */
export function descend(loss: Loss, { features, labels, classes, learningRate, steps }: Descent): Checkpoint[] {
  const x = tensor(features, { dtype: 'f64' })
  const y = tensor(labels, { dtype: 'i32' })
  const risk = (weights: Tensor): Tensor => sum(loss(matmul(x, weights.transpose()), y))
  const advance = compile((weights: Tensor) => {
    const [, gradient] = valueAndGrad(risk)(weights)
    return weights.sub(gradient.mul(learningRate))
  })
  const riskOf = compile(risk)

  let weights = zeros([classes, x.shape[1] as number], { dtype: 'f64' })
  let step = 0
  return steps.map((stop) => {
    for (; step < stop; step++) weights = advance(weights)
    return { step, weights: Array.from(weights.dataSync()), risk: riskOf(weights).item() }
  })
}

/** Angle between two directions, in degrees. */
export function angleBetween(a: readonly number[], b: readonly number[]): number {
  const dot = (u: readonly number[], v: readonly number[]): number =>
    u.reduce((sum, x, i) => sum + x * (v[i] as number), 0)
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
  return (180 / Math.PI) * Math.acos(Math.max(-1, Math.min(1, cosine)))
}
