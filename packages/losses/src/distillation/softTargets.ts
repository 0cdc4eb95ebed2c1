import { sum, type Tensor, where } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { type Distribution, relativeEntropy } from '../divergence/distributions.ts'

export interface SoftTargetOptions {
  /** Cross-entropy, or less the entropy of the targets, so that it can come to 0; the gradient is the same. @default 'crossEntropy' */
  readonly kind?: 'crossEntropy' | 'kl'
}

const kinds = {
  crossEntropy: ({ p }: Distribution, logProbs: Tensor): Tensor =>
    sum(where(p.equal(0), 0, p.mul(logProbs)), { axis: -1 }).neg(),
  kl: relativeEntropy,
} as const

/** What it costs to take log-probabilities [...B, K] for the opinion of a teacher: [...B]. */
export function softTargetLoss(
  fn: string,
  logProbs: Tensor,
  opinion: Distribution,
  { kind = 'crossEntropy' }: SoftTargetOptions,
): Tensor {
  checkChoice(fn, 'kind', kind, kinds)
  return kinds[kind](opinion, logProbs)
}
