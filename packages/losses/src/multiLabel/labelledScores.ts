import { checkCount, dims, maximum, sum, type Tensor, where } from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'
import { binaryRows, type ReadyLabels } from '../labels.ts'

export interface MultiLabelOptions {
  /** What scores are divided by, greater than 0. @default 0.05 */
  readonly temperature?: number
  /** Labels that take part, bool [...B, K]; the others count neither for an example nor against it. @default all */
  readonly mask?: Tensor
}

/** Scores of all labels and which of these are true, made ready for a formula. */
export interface LabelledScores {
  /** Scores over temperature, [...B, K]; −∞ where labels take no part. */
  readonly logits: Tensor
  /** Labels that take part and are true, bool [...B, K]. */
  readonly positive: Tensor
  /** Labels that take part and are not. */
  readonly negative: Tensor
  /** The number of positives, or 1 if there are none: [...B]. */
  readonly count: Tensor
  /** The loss of each example, NaN where a label is neither 0 nor 1. */
  readonly mark: ReadyLabels['mark']
}

/** Scores [...B, K] and labels 0 and 1 of any dtype, [...B, K], checked in the name of a function. */
export function labelledScores(
  fn: string,
  scores: Tensor,
  labels: Tensor,
  { temperature = 0.05, mask }: MultiLabelOptions,
): LabelledScores {
  const { K } = mask
    ? dims(fn, { scores, labels, mask }, '...B K, ...B K, ...B K')
    : dims(fn, { scores, labels }, '...B K, ...B K')
  checkFloats(fn, { scores })
  checkCount(fn, 'number of labels', K as number, 1)
  checkPositive(fn, 'temperature', temperature)
  const { hit, mark } = binaryRows(fn, labels)
  const logits = scores.div(temperature)
  const positive = mask ? hit.and(mask) : hit
  return {
    logits: mask ? where(mask, logits, Number.NEGATIVE_INFINITY) : logits,
    positive,
    negative: mask ? hit.not().and(mask) : hit.not(),
    count: maximum(sum(positive, { axis: -1 }), 1).cast(scores.dtype),
    mark,
  }
}

/** Sum over the positives of each example, [...B]. */
export function overPositives({ positive }: LabelledScores, terms: Tensor): Tensor {
  return sum(where(positive, terms, 0), { axis: -1 })
}
