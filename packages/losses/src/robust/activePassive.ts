import { checkOption, type Tensor } from '@wengert/core'
import { type LabelLogProbs, labelLogProbs } from '../labelLogProbs.ts'
import { normalized } from './normalizedCrossEntropy.ts'

/** Weights of the two parts of an active-passive loss. */
export interface ActivePassiveOptions {
  /** Factor of normalizedCrossEntropy, at least 0. @default 1 */
  readonly alpha?: number
  /** Factor of the other part, at least 0. @default 1 */
  readonly beta?: number
}

/** α · normalized cross-entropy + β · another part, in the name of a function. */
export const activePassive = (
  fn: string,
  logits: Tensor,
  labels: Tensor,
  { alpha = 1, beta = 1 }: ActivePassiveOptions,
  passive: (ready: LabelLogProbs) => Tensor,
): Tensor => {
  const ready = labelLogProbs(fn, logits, labels)
  checkOption(fn, 'alpha', alpha, alpha >= 0, 'at least 0')
  checkOption(fn, 'beta', beta, beta >= 0, 'at least 0')
  return ready.mark(normalized(ready).mul(alpha).add(passive(ready).mul(beta)))
}
