import { checkCount, checkOption, dims, log1mExp, type Tensor, where } from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'
import { binaryRows, type ReadyLabels } from '../labels.ts'

export interface ProbTermsOptions {
  /** Probability of a label with score 1, between 0 and 1. */
  readonly c: number
  /** How fast that falls with the score, greater than 0. */
  readonly d: number
  /** Weight of what positives lack of score 1, at least 0. */
  readonly positiveWeight: number
}

export interface ProbTerms extends ReadyLabels {
  /** Negative log-likelihoods [...B, K] of labels with probability c e^(d (s − 1)). */
  readonly terms: Tensor
}

/** Scores [...B, K] up to 1 and labels 0 and 1 [...B, K], checked in the name of a function. */
export function probTerms(
  fn: string,
  scores: Tensor,
  labels: Tensor,
  { c, d, positiveWeight }: ProbTermsOptions,
): ProbTerms {
  const { K } = dims(fn, { scores, labels }, '...B K, ...B K')
  checkFloats(fn, { scores })
  checkCount(fn, 'number of labels', K as number, 1)
  checkOption(fn, 'c', c, c > 0 && c < 1, 'between 0 and 1')
  checkPositive(fn, 'd', d)
  checkOption(fn, 'positiveWeight', positiveWeight, positiveWeight >= 0, 'at least 0')
  const { hit, mark } = binaryRows(fn, labels)
  const far = scores.neg().add(1).mul(d)
  const positive = far.mul(positiveWeight).sub(Math.log(c))
  return { hit, mark, terms: where(hit, positive, log1mExp(far.neg().add(Math.log(c))).neg()) }
}
