import { checkOption, softmax, softplus, sum, type Tensor, where } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { labelledLogits, type ReadyLabels } from '../labels.ts'

/** What the distributionally robust losses have in common. */
export interface LdrMarginOptions {
  /**
   * By how much the label's logit should exceed the others, at least 0.
   * @default 0.1, as in the authors' experiments
   */
  readonly margin?: number
  /**
   * What is done to the logits z first: nothing, z / mean |z|, or softplus(z) / mean softplus(z), with means over the
   * classes.
   * @default 'none'
   */
  readonly normalization?: LdrNormalization
}

export type LdrNormalization = 'none' | 'l1Mean' | 'softplusMean'

export interface MarginTerms {
  /** margin [k ≠ y] + zₖ − z_y, [...B, K]. */
  readonly terms: Tensor
  readonly mark: ReadyLabels['mark']
  /** Number of classes. */
  readonly K: number
}

export const marginTerms = (
  fn: string,
  logits: Tensor,
  labels: Tensor,
  { margin = 0.1, normalization = 'none' }: LdrMarginOptions,
): MarginTerms => {
  const { hit, mark, K } = labelledLogits(fn, logits, labels)
  checkOption(fn, 'margin', margin, margin >= 0 && Number.isFinite(margin), 'a finite number of at least 0')
  const z = normalized(fn, logits, normalization)
  const differences = z.sub(sum(where(hit, z, 0), { axis: -1, keepDims: true }))
  return { terms: where(hit, differences, differences.add(margin)), mark, K }
}

/** Logits after one of the normalizations. */
export const normalized = (fn: string, logits: Tensor, normalization: LdrNormalization): Tensor => {
  checkChoice(fn, 'normalization', normalization, normalizations)
  return normalizations[normalization](logits)
}

const normalizations = {
  none: (z: Tensor): Tensor => z,
  l1Mean: (z: Tensor): Tensor => {
    const total = sum(z.abs(), { axis: -1, keepDims: true })
    return z.div(where(total.equal(0), 1, total)).mul(z.shape.at(-1) as number)
  },
  // By logarithms, where softplus(z) = e^z far below 0: a row of such logits keeps its ratios instead of becoming 0/0.
  softplusMean: (z: Tensor): Tensor => softmax(where(z.less(-37), z, softplus(z).log())).mul(z.shape.at(-1) as number),
} as const
