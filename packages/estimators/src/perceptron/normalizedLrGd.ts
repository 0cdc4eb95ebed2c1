import { logSigmoid, softmax, type Tensor } from '@wengert/core'
import { checkedStep } from './lrGd.ts'
import { descend, type LogisticDescentOptions, type SeparatorPath, signedExamples } from './separatorPath.ts'

/**
 * A linear separator by normalized gradient descent on the logistic loss: its steps do not grow short as examples are separated, and it needs about
 * as few of them as a perceptron, however many examples there are.
 *
 *     θ ← θ − γ β ∇f(θ) = θ + γ Σ wᵢ yᵢ xᵢ,   β = 1 / mean σ(−mᵢ),  w = softmax over examples of log σ(−mᵢ)
 *
 * The weights are a form of the same step that is right where β itself would overflow. Steps are γ times a mean of the yᵢ xᵢ, so at most γ times as
 * long as the longest example. All examples are right after at most R²/μ² + 2 log(2N − 1) / (γ μ²) steps, for examples no longer than R and a margin μ.
 * There is no bias: append a 1 to the examples. All steps are one tape: for many thousands, call it again with theta0.
 *
 * Shapes: x [N, D], labels −1 or 1 [N] → theta [D], trajectory [T + 1, D], the rest [T + 1] or [].
 * Gradient: of every step, to x and theta0.
 * Source: Tyurin, arXiv 2412.08424 (2025), section 6 and theorem 6.1.
 *
 * @example
 * const x = tensor([[1, 2], [-1, 1]])
 * normalizedLrGd(x, tensor([1, -1]), { iterations: 1 }).theta // [1, 0.5]
 */
export function normalizedLrGd(x: Tensor, labels: Tensor, options: LogisticDescentOptions): SeparatorPath {
  const examples = signedExamples('normalizedLrGd', x, labels, options)
  const step = checkedStep('normalizedLrGd', options)
  return descend(examples, options.iterations, (margins) => softmax(logSigmoid(margins.neg()), { axis: 0 }).mul(step))
}
