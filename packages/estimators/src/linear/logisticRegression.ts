import { logSumExp, type Minimum, sum, type Tensor } from '@wengert/core'
import { type LinearFitOptions, linearFit } from './linearFit.ts'
import type { LinearModel } from './linearScores.ts'

/**
 * Fits a linear classifier with softmax probabilities to all examples at once, as on frozen features of a network. With few examples for
 * each class, gaussianNaiveBayes may need fewer; where only the class counts and not how sure it is, linearSvm does as well.
 *
 *     minimizes C Σ (log Σₖ e^zₖ − z_label) + ½ ‖weight‖²,   z = x weightᵀ + bias
 *
 * Scale features to a spread of about 1: the pull to 0 is the same for all, and L-BFGS takes fewer steps. Of two classes each gets half of the
 * weights that a regression with one logit and half of this C gives. The promise rejects where labels are not classes, as far as they
 * are data on the host.
 *
 * Shapes: x [N, D], labels i32 [N] → params: weight [K, D], bias [K]; predict by linearScores.
 * Gradient: none; see minimize.
 * Source: the objective is that of scikit-learn's LogisticRegression, several classes at once; solved by minimize.
 *
 * @example
 * const labels = tensor([0, 0, 1, 1], { dtype: 'i32' })
 * const { params } = await logisticRegression(tensor([[-2], [-1], [1], [2]]), labels, { classes: 2 })
 * argMax(linearScores(tensor([[-3], [3]]), params)).dataSync() // 0, 1
 */
export function logisticRegression(
  x: Tensor,
  labels: Tensor,
  options: LinearFitOptions,
): Promise<Minimum<LinearModel>> {
  return linearFit('logisticRegression', x, labels, options, (scores, hits) =>
    logSumExp(scores, { axis: -1 }).sub(sum(scores.mul(hits), { axis: -1 })),
  )
}
