import { checkOption, dims, matmul, maximum, sum, type Tensor } from '@wengert/core'
import { classHits } from '../labels.ts'

export interface GaussianNaiveBayesOptions {
  /** Number of classes K. */
  readonly classes: number
  /** Whether classes share the variance of each feature, which makes the classifier linear. @default 'shared' */
  readonly variance?: 'shared' | 'perClass'
  /** Added to variances, so that a constant feature has one, above 0. @default 1e-9 */
  readonly varEpsilon?: number
  /** A model of other examples, which these are added to. The result is that of a fit to all of them. */
  readonly from?: GaussianNaiveBayesModel
}

/** A Gaussian for each class and feature. */
export interface GaussianNaiveBayesModel {
  /** Examples of each class, [K]. */
  readonly counts: Tensor
  /** [K, D] */
  readonly means: Tensor
  /** Mean squared distances from these, [K, D]. */
  readonly spreads: Tensor
  /** What the scores divide by: [D] if classes share it, else [K, D]. */
  readonly variance: Tensor
}

/**
 * Fits the naive Bayes classifier: features of a class are Gaussian and independent. In closed form, and linear if classes share variances.
 * Take it for few examples of frozen features: it needs fewer than logisticRegression to come near the best that it can reach, which
 * is worse where features depend on each other.
 *
 *     πₖ = nₖ / N,   meanₖ and spreadₖ of the features of class k
 *     variance = Σₖ πₖ spreadₖ + varEpsilon   or   spreadₖ + varEpsilon
 *
 * A class without examples has probability 0. Labels outside [0, K) throw where they are data on the host, and else are left out.
 *
 * Shapes: x [N, D], labels i32 [N] → counts [K], means and spreads [K, D], variance [D] or [K, D].
 * Gradient: smooth, to x.
 * Source: Zheng, Wu, Bao, Cao, Li, Zhu, arXiv 2302.02334 (2023), the shared form as in the authors' code; perClass as scikit-learn's GaussianNB.
 *
 * @example
 * const labels = tensor([0, 0, 1, 1], { dtype: 'i32' })
 * gaussianNaiveBayes(tensor([[0], [2], [5], [7]]), labels, { classes: 2 }).means.dataSync() // 1, 6
 */
export function gaussianNaiveBayes(
  x: Tensor,
  labels: Tensor,
  { classes, variance = 'shared', varEpsilon = 1e-9, from }: GaussianNaiveBayesOptions,
): GaussianNaiveBayesModel {
  const fn = 'gaussianNaiveBayes'
  const hits = classHits(fn, x, labels, classes)
  checkOption(fn, 'varEpsilon', varEpsilon, varEpsilon > 0 && Number.isFinite(varEpsilon), 'a finite number above 0')
  checkOption(fn, 'variance', variance, variance === 'shared' || variance === 'perClass', "'shared' or 'perClass'")
  const here = momentsOf(x, hits)
  const moments = from ? merged(fn, from, here) : here
  const { counts, spreads } = moments
  const shares = counts.div(sum(counts)).expandDims(1)
  const raw = variance === 'shared' ? sum(spreads.mul(shares), { axis: 0 }) : spreads
  return { ...moments, variance: raw.add(varEpsilon) }
}

type Moments = Pick<GaussianNaiveBayesModel, 'counts' | 'means' | 'spreads'>

function momentsOf(x: Tensor, hits: Tensor): Moments {
  const counts = sum(hits, { axis: 0 })
  const weights = hits.div(maximum(counts, 1)).transpose()
  const means = matmul(weights, x)
  // From differences, as the expanded square cancels where features are far from 0.
  return { counts, means, spreads: matmul(weights, x.sub(matmul(hits, means)).square()) }
}

/** The moments of two sets together. */
function merged(fn: string, a: Moments, b: Moments): Moments {
  dims(
    fn,
    { ...b, 'from.counts': a.counts, 'from.means': a.means, 'from.spreads': a.spreads },
    'K, K D, K D, K, K D, K D',
  )
  const counts = a.counts.add(b.counts)
  const share = b.counts.div(maximum(counts, 1)).expandDims(1)
  const away = b.means.sub(a.means)
  const between = away.square().mul(share).mul(share.neg().add(1))
  return {
    counts,
    means: a.means.add(away.mul(share)),
    spreads: a.spreads.add(b.spreads.sub(a.spreads).mul(share)).add(between),
  }
}
