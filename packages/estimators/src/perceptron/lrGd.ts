import { checkOption, sigmoid, type Tensor } from '@wengert/core'
import { descend, type LogisticDescentOptions, type SeparatorPath, signedExamples } from './separatorPath.ts'

/**
 * A linear separator by gradient descent on the logistic loss. The baseline of the methods here: it slows down as examples are separated, so
 * with large classes that are easy it takes long to find the last example. For the best fit take logisticRegression.
 *
 *     θ ← θ − γ ∇f(θ) = θ + γ/N Σ σ(−mᵢ) yᵢ xᵢ,   f = mean softplus(−mᵢ),  mᵢ = yᵢ xᵢ · θ
 *
 * For γ → ∞ from 0, θ / γ goes the way of batchPerceptron. There is no bias: append a 1 to the examples. All steps are one tape: for many
 * thousands, call it again with theta0.
 *
 * Shapes: x [N, D], labels −1 or 1 [N] → theta [D], trajectory [T + 1, D], the rest [T + 1] or [].
 * Gradient: of every step, to x and theta0.
 * Source: Tyurin, arXiv 2412.08424 (2025), section 2.
 *
 * @example
 * const x = tensor([[1, 2], [-1, 1]])
 * lrGd(x, tensor([1, -1]), { iterations: 1 }).theta // [0.5, 0.25]
 */
export function lrGd(x: Tensor, labels: Tensor, options: LogisticDescentOptions): SeparatorPath {
  const examples = signedExamples('lrGd', x, labels, options)
  const step = checkedStep('lrGd', options)
  return descend(examples, options.iterations, (margins) => sigmoid(margins.neg()).mul(step / examples.N))
}

export function checkedStep(fn: string, { step = 1 }: LogisticDescentOptions): number {
  checkOption(fn, 'step', step, step > 0 && Number.isFinite(step), 'positive and finite')
  return step
}
