import {
  checkDType,
  checkOption,
  dims,
  eigh,
  hostValue,
  matmul,
  max,
  oneHot,
  reciprocal,
  sum,
  type Tensor,
  ValueError,
  where,
} from '@wengert/core'
import { checkClassIndices } from '../labels.ts'

export interface MahalanobisFitOptions {
  /** Number of classes K. */
  readonly classes: number
}

/** One Gaussian for each class, with a covariance that all share. */
export interface MahalanobisModel {
  /** [K, D] */
  readonly means: Tensor
  /** Symmetric, [D, D]. */
  readonly precision: Tensor
}

export interface MahalanobisFit extends MahalanobisModel {
  /** Symmetric, [D, D]. */
  readonly covariance: Tensor
}

const epsilon: Readonly<Record<string, number>> = { f32: 2 ** -23, f64: Number.EPSILON }

/**
 * Fits one Gaussian for each class to features of a classifier, with a covariance that all share. Use it, with
 * mahalanobisScore, to tell inputs unlike any that the classifier was trained on. Average features of images over space first.
 *
 *     meanₖ = mean of the features of class k
 *     covariance = 1/N Σ (f − mean_y)(f − mean_y)ᵀ
 *     precision = its pseudo-inverse, in which eigenvalues of at most D ε max|λ| count as 0
 *
 * A class without examples, or a label outside [0, K), throws where labels are data on the host; means of labels that are computed
 * are NaN for such a class, and other labels are left out.
 *
 * Shapes: features [N, D], labels i32 [N] → means [K, D], covariance and precision [D, D].
 * Gradient: to features; that of the precision drops a part where eigenvalues are equal, see eigh.
 * Source: Lee, Lee, Lee, Shin, arXiv 1807.03888 (2018), sec. 2.1, with the pseudo-inverse of the authors' code.
 *
 * @example
 * const labels = tensor([0, 0, 1, 1], { dtype: 'i32' })
 * mahalanobisFit(tensor([[0, 1], [2, 3], [5, 5], [7, 5]]), labels, { classes: 2 }).means // [[1, 2], [6, 5]]
 */
export function mahalanobisFit(
  features: Tensor,
  labels: Tensor,
  { classes: K }: MahalanobisFitOptions,
): MahalanobisFit {
  const fn = 'mahalanobisFit'
  const { N, D } = dims(fn, { features, labels }, 'N D, N') as { N: number; D: number }
  checkDType(fn, 'features', features, 'precise')
  checkOption(fn, 'classes', K, Number.isInteger(K) && K > 0, 'an integer of at least 1')
  checkLabels(fn, labels, K)
  const hits = oneHot(labels, K, { dtype: features.dtype as 'f32' | 'f64' })
  const counts = sum(hits, { axis: 0 }).expandDims(-1)
  const means = matmul(hits.transpose(), features).div(counts)
  const deviations = features.sub(matmul(hits, where(counts.greater(0), means, 0)))
  const covariance = matmul(deviations.transpose(), deviations).div(N)
  return { means, covariance, precision: pseudoInverse(covariance, D * (epsilon[features.dtype] as number)) }
}

/** The pseudo-inverse of a symmetric matrix, in which eigenvalues of at most a share of the largest count as 0. */
function pseudoInverse(a: Tensor, share: number): Tensor {
  const { values, vectors } = eigh(a)
  const kept = values.abs().greater(max(values.abs()).mul(share))
  const inverses = where(kept, reciprocal(where(kept, values, 1)), 0)
  return matmul(vectors.mul(inverses), vectors.transpose())
}

function checkLabels(fn: string, labels: Tensor, K: number): void {
  checkClassIndices(fn, labels, K)
  const values = hostValue(labels)
  if (values === null) return
  const seen = new Set(Array.from(values))
  for (let k = 0; k < K; k++)
    if (!seen.has(k))
      throw new ValueError(
        `${fn}: labels must hold each of the ${K} classes, got none of class ${k}. Use fewer classes, or more examples.`,
      )
}
