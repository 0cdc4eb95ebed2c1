import { argMax, maximum, oneHot, sum, type Tensor } from '@wengert/core'
import { descend, type PerceptronOptions, type SeparatorPath, signedExamples } from './separatorPath.ts'

/**
 * A linear separator by the batch perceptron: what lrGd becomes for large steps. It stays where it is once all examples are right, after at most
 * N R²/μ² steps, for examples no longer than R and a margin μ.
 *
 *     θ ← θ + 1/N Σ over S of yᵢ xᵢ,   S = { i : mᵢ ≤ 0 },  mᵢ = yᵢ xᵢ · θ
 *
 * From 0 the first step is half as long, as the limit of lrGd is; from a theta0 it is not. There is no bias: append a 1 to the examples.
 * All steps are one tape: for many thousands, call it again with theta0.
 *
 * Shapes: x [N, D], labels −1 or 1 [N] → theta [D], trajectory [T + 1, D], the rest [T + 1] or [].
 * Gradient: of the sums, to x and theta0; which examples are in S is taken as given.
 * Source: Tyurin, arXiv 2412.08424 (2025), section 3 and theorem 3.2.
 *
 * @example
 * const x = tensor([[1, 2], [-1, 1]])
 * batchPerceptron(x, tensor([1, -1]), { iterations: 1 }).theta // [0.5, 0.25]
 */
export function batchPerceptron(x: Tensor, labels: Tensor, options: PerceptronOptions): SeparatorPath {
  const examples = signedExamples('batchPerceptron', x, labels, options)
  return descend(examples, options.iterations, (margins, t) =>
    wrong(margins).div(t === 0 && !options.theta0 ? 2 * examples.N : examples.N),
  )
}

/**
 * A linear separator by the normalized batch perceptron: what normalizedLrGd becomes for large steps. It stays where it is once all examples are
 * right, after at most R²/μ² steps, for examples no longer than R and a margin μ, however many there are.
 *
 *     θ ← θ + 1/|S| Σ over S of yᵢ xᵢ,   S = { i : mᵢ ≤ 0 },  mᵢ = yᵢ xᵢ · θ
 *
 * There is no bias: append a 1 to the examples. All steps are one tape: for many thousands, call it again with theta0.
 *
 * Shapes: x [N, D], labels −1 or 1 [N] → theta [D], trajectory [T + 1, D], the rest [T + 1] or [].
 * Gradient: of the means, to x and theta0; which examples are in S is taken as given.
 * Source: Tyurin, arXiv 2412.08424 (2025), theorem 5.3.
 *
 * @example
 * const x = tensor([[1, 2], [-1, 1]])
 * normalizedBatchPerceptron(x, tensor([1, -1]), { iterations: 1 }).theta // [1, 0.5]
 */
export function normalizedBatchPerceptron(x: Tensor, labels: Tensor, options: PerceptronOptions): SeparatorPath {
  const examples = signedExamples('normalizedBatchPerceptron', x, labels, options)
  return descend(examples, options.iterations, (margins) => {
    const taken = wrong(margins)
    return taken.div(maximum(sum(taken), 1))
  })
}

/**
 * A linear separator by Rosenblatt's perceptron, one wrong example at a time: the first that there is. It stays where it is once all examples
 * are right, after at most R²/μ² steps, for examples no longer than R and a margin μ.
 *
 *     θ ← θ + yⱼ xⱼ,   j the least of S = { i : mᵢ ≤ 0 },  mᵢ = yᵢ xᵢ · θ
 *
 * There is no bias: append a 1 to the examples. All steps are one tape: for many thousands, call it again with theta0.
 *
 * Shapes: x [N, D], labels −1 or 1 [N] → theta [D], trajectory [T + 1, D], the rest [T + 1] or [].
 * Gradient: of the sums, to x and theta0; which examples are taken is taken as given.
 * Source: Tyurin, arXiv 2412.08424 (2025), section 5; the paper leaves the choice of j open.
 *
 * @example
 * const x = tensor([[1, 2], [-1, 1]])
 * classicalPerceptron(x, tensor([1, -1]), { iterations: 2 }).theta // [2, 1]
 */
export function classicalPerceptron(x: Tensor, labels: Tensor, options: PerceptronOptions): SeparatorPath {
  const examples = signedExamples('classicalPerceptron', x, labels, options)
  return descend(examples, options.iterations, (margins) => {
    const taken = wrong(margins).squeeze(-1)
    return oneHot(argMax(taken), examples.N, { dtype: x.dtype }).mul(taken).expandDims(-1)
  })
}

/** 1 for each example that is not right, 0 for the others. */
function wrong(margins: Tensor): Tensor {
  return margins.lessEqual(0).cast(margins.dtype)
}
