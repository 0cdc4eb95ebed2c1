import { type Minimum, relu, sum, type Tensor } from '@wengert/core'
import { type LinearFitOptions, linearFit } from './linearFit.ts'
import type { LinearModel } from './linearScores.ts'

/**
 * Fits a support-vector machine for each class against the rest: a linear classifier that only minds the examples at its margin or on the
 * wrong side of it. Take it where the class counts and not how sure it is; for probabilities, take logisticRegression.
 *
 *     minimizes C Σ Σₖ max(0, 1 − sₖ zₖ)² + ½ ‖weight‖²,   z = x weightᵀ + bias,   sₖ = 1 for the label's class, −1 for others
 *
 * The squared hinge is smooth enough for L-BFGS. Scale features to a spread of about 1. The promise rejects where labels are not
 * classes, as far as they are data on the host.
 *
 * Shapes: x [N, D], labels i32 [N] → params: weight [K, D], bias [K]; predict by linearScores.
 * Gradient: none; see minimize.
 * Source: Tang, arXiv 1306.0239 (2013), the L2-SVM; as LIBLINEAR's, but that biases are not pulled to 0. Solved by minimize.
 *
 * @example
 * const labels = tensor([0, 0, 1, 1], { dtype: 'i32' })
 * const { params } = await linearSvm(tensor([[-2], [-1], [1], [2]]), labels, { classes: 2, C: 1000 })
 * params.weight.dataSync() // -1.00, 1.00
 */
export function linearSvm(x: Tensor, labels: Tensor, options: LinearFitOptions): Promise<Minimum<LinearModel>> {
  return linearFit('linearSvm', x, labels, options, (scores, hits) => {
    const signs = hits.mul(2).sub(1)
    return sum(relu(scores.mul(signs).neg().add(1)).square(), { axis: -1 })
  })
}
